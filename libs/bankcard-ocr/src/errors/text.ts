export type Language = 'en' | 'zh';

export type Text = Readonly<Record<Language, string>>;

export function text(en: string, zh: string): Text {
  return { en, zh };
}

/** What is said of an option, or of what it names, with the variable that sets it in brackets. */
export function withVariable(what: string, variable: string | undefined): Text {
  return variable === undefined ? text(what, what) : text(`${what} (${variable})`, `${what}（${variable}）`);
}

export function sentences(...all: readonly (Text | undefined)[]): Text {
  const said = all.filter((one) => one !== undefined);
  return { en: said.map(({ en }) => en).join('. '), zh: said.map(({ zh }) => zh).join('。') };
}

const UNITS = [
  { ms: 86_400_000, en: 'days', zh: '天' },
  { ms: 3_600_000, en: 'h', zh: '小时' },
  { ms: 60_000, en: 'min', zh: '分钟' },
  { ms: 1_000, en: 's', zh: '秒' },
] as const;

/** A length of time for people: at least two of the unit, so that little is lost by rounding. */
export function duration(ms: number): Text {
  const { ms: unitMs, en, zh } = UNITS.find((unit) => ms >= 2 * unit.ms) ?? UNITS[3];
  const count = Math.max(0, Math.round(ms / unitMs));
  return text(`${count} ${en}`, `${count} ${zh}`);
}
