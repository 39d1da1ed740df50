import { readCardValidity } from './card-validity.js';

const NOW = Date.parse('2026-03-10T12:00:00+08:00');

describe('reading a validity date', () => {
  it.each([
    ['12/2024', 12, 2024],
    ['1/2031', 1, 2031],
    ['01/2031', 1, 2031],
    ['2024/12', 12, 2024],
    ['2031/1', 1, 2031],
    ['12/24', 12, 2024],
    ['09/99', 9, 2099],
    ['01/00', 1, 2000],
    ['12-2024', 12, 2024],
    ['2024.12', 12, 2024],
    ['  12/2024\n', 12, 2024],
    ['12 / 2024', 12, 2024],
  ])('%j is month %i of %i', (text, month, year) => {
    expect(readCardValidity(text, NOW)).toMatchObject({ raw: text.trim(), month, year });
  });

  it.each([
    '',
    '   ',
    'rubbish',
    '13/2024',
    '00/2024',
    '0/2024',
    '2024/13',
    '2024/00',
    '13/24',
    '24/12',
    '12/202',
    '12/20244',
    '122024',
    '2024',
    '12/',
    '/2024',
    '12/2024 12/2025',
    '2024-12-31',
    '１２/２０２４',
    '-1/2024',
    '1.5/2024',
    'constructor',
  ])('%j keeps its text and says nothing else', (text) => {
    expect(readCardValidity(text, NOW)).toStrictEqual({ raw: text.trim() });
  });
});

describe('expiry', () => {
  it.each([
    // From January to December: the month after, and the year after.
    ['12/2024', '2025-01-01T00:00:00+08:00'],
    ['2024/12', '2025-01-01T00:00:00+08:00'],
    ['12/24', '2025-01-01T00:00:00+08:00'],
    ['01/2025', '2025-02-01T00:00:00+08:00'],
    ['02/2028', '2028-03-01T00:00:00+08:00'],
    ['11/2026', '2026-12-01T00:00:00+08:00'],
    ['12/99', '2100-01-01T00:00:00+08:00'],
  ])('%s is valid to the last millisecond before %s', (text, end) => {
    const endMs = Date.parse(end);
    expect(readCardValidity(text, endMs - 1).expired).toBe(false);
    expect(readCardValidity(text, endMs).expired).toBe(true);
  });

  it('is judged in China time: still valid when it is the next month in New Zealand, expired before it is in London', () => {
    expect(readCardValidity('12/2024', Date.parse('2025-01-01T00:00:00+13:00')).expired).toBe(false);
    expect(readCardValidity('12/2024', Date.parse('2024-12-31T16:00:00Z')).expired).toBe(true);
  });
});
