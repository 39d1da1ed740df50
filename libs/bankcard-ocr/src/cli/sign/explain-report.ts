import type { ExplainCommand } from '../arguments.js';
import { type Language, type Text, text } from '../text.js';
import type { Explanation } from './explain-signature.js';
import { PURPOSE_TEXTS } from './signing-values.js';

/** Print an explanation as lines, or as one JSON document. */
export function explainReport(
  explanation: Explanation,
  notes: readonly Text[],
  { purpose, json, language }: Pick<ExplainCommand, 'purpose' | 'json' | 'language'>,
): string {
  const { fits, broken, ticket } = explanation;
  const said = broken.map(({ rule, how }) => ({ rule, how: how[language] }));
  const heard = notes.map((note) => note[language]);
  if (json) {
    const exitCode = fits ? 0 : 1;
    return JSON.stringify(
      { command: 'sign', fits, exitCode, for: purpose, broken: said, ticket, notes: heard },
      undefined,
      2,
    );
  }
  const verdict = verdictOf(explanation, PURPOSE_TEXTS[purpose], language);
  return [verdict, ...said.map(({ rule, how }) => `  ${rule}: ${how}`), ...heard.map((note) => `  (${note})`)].join(
    '\n',
  );
}

function verdictOf({ fits, ticket }: Explanation, { en, zh }: Text, language: Language): string {
  if (!fits) return text(`does not fit, as a signature of ${en}`, `签名不对（${zh}）`)[language];
  const generation = ticket?.generation;
  const by =
    generation === undefined
      ? text('', '')
      : text(`, made with generation ${generation}`, `，用的是第 ${generation} 代 ticket`);
  return text(`fits, as a signature of ${en}${by.en}`, `签名正确（${zh}）${by.zh}`)[language];
}
