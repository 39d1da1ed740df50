import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOfCode, SANDBOX_CODES, SANDBOX_WARNINGS } from './vendor-codes.js';

const PROTOCOL = join(process.cwd(), '..', 'shared', 'protocol.md');

/** `4, 6 to 13` and `66660000, -1304` as single codes. */
function spellOut(cell: string): string[] {
  return cell.split(',').flatMap((part) => {
    const [from = '', to] = part.trim().split(' to ');
    if (to === undefined) return [from];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => String(Number(from) + index));
  });
}

function codesOfProtocol(): { codes: string[]; warnings: string[] } {
  const section = /^## 6\. Codes$([\s\S]*?)^## 7\./m.exec(readFileSync(PROTOCOL, 'utf8'))?.[1] ?? '';
  const cells = [...section.matchAll(/^\| ([-\d][^|]*?) \|/gm)].map(([, cell = '']) => cell);
  const sentence = /^Warnings \([\s\S]*?\.$/m.exec(section)?.[0] ?? '';
  return {
    codes: cells.filter((cell) => /^-?\d/.test(cell)).flatMap(spellOut),
    warnings: [...sentence.matchAll(/-?\d{4,}/g)].map(([code]) => code),
  };
}

test('42 failure codes and 6 warnings, none twice', () => {
  expect(new Set(SANDBOX_CODES.map(({ code }) => code)).size).toBe(42);
  expect(SANDBOX_CODES).toHaveLength(42);
  expect(new Set(SANDBOX_WARNINGS.map(({ code }) => code)).size).toBe(6);
  expect(SANDBOX_WARNINGS).toHaveLength(6);
});

test('every code has its own Chinese and English text', () => {
  const all = [...SANDBOX_CODES, ...SANDBOX_WARNINGS];
  for (const { msg, msgEn } of all) {
    expect(msg).toMatch(/[一-鿿]/);
    expect(msgEn).toMatch(/^[A-Za-z]/);
  }
  expect(new Set(all.map(({ msg }) => msg)).size).toBe(48);
});

test('a code that no document knows still gets a message', () => {
  expect(messageOfCode('0')).toBe('请求成功');
  expect(messageOfCode('400101')).toBe('不合法请求');
  expect(messageOfCode('31415926')).toBe('未知错误31415926');
});

if (existsSync(PROTOCOL)) {
  test('the lists are those of protocol.md section 6', () => {
    const { codes, warnings } = codesOfProtocol();
    expect(['0', ...SANDBOX_CODES.map(({ code }) => code)].sort()).toEqual(codes.sort());
    expect(SANDBOX_WARNINGS.map(({ code }) => code as string).sort()).toEqual(warnings.sort());
  });
} else {
  console.info(`Skipped: the code lists were not compared with ${PROTOCOL}, which is not here.`);
}
