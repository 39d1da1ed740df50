import { readChinaTime, readLifeMs, transactionTimeOf } from './envelope.js';

describe('operateTime', () => {
  it.each([
    ['2021-06-21 17:40:06', '2021-06-21T09:40:06.000Z'],
    ['2021-06-21T17:40:06', '2021-06-21T09:40:06.000Z'],
    [' 2021-06-21 17:40:06 ', '2021-06-21T09:40:06.000Z'],
    ['2021-01-01 00:00:00', '2020-12-31T16:00:00.000Z'],
    ['2024-02-29 07:59:59', '2024-02-28T23:59:59.000Z'],
  ])('%j is %s, being China time', (text, iso) => {
    expect(readChinaTime(text)?.toISOString()).toBe(iso);
  });

  it.each([
    '',
    '0',
    '20210621174006',
    '2021-06-21',
    '2021-06-21 17:40',
    '2021-13-01 00:00:00',
    '2021-00-01 00:00:00',
    '2021-02-31 00:00:00',
    '2023-02-29 00:00:00',
    '2021-06-31 00:00:00',
    '2021-06-21 24:00:00',
    '2021-06-21 17:60:06',
    '2021-06-21 17:40:60',
    '2021-06-21 17:40:06.000',
    '2021-06-21 17:40:06Z',
    20_210_621,
    null,
    undefined,
    {},
    [],
    true,
    '2'.repeat(1_000_000),
  ])('%p is no time', (value) => {
    expect(readChinaTime(value)).toBeUndefined();
  });
});

describe('expire_in', () => {
  it.each<[unknown, number]>([
    [7_200, 7_200_000],
    ['7200', 7_200_000],
    [' 7200 ', 7_200_000],
    [0.5, 500],
    [1e12, 86_400_000],
    ['999999999999', 86_400_000],
  ])('%p is %i ms', (value, expected) => {
    expect(readLifeMs(value, 1)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    '',
    '  ',
    'soon',
    '7200s',
    0,
    '0',
    -1,
    NaN,
    Infinity,
    true,
    {},
    [],
    [7200],
    '9'.repeat(1e6),
  ])('%p is unreadable: the documented life is assumed', (value) => {
    expect(readLifeMs(value, 3_600_000)).toBe(3_600_000);
  });
});

describe('transactionTime', () => {
  it.each([
    [{ transactionTime: '20210621174006' }, '2021-06-21T09:40:06.000Z'],
    [{ result: { transactionTime: '20240229075959' } }, '2024-02-28T23:59:59.000Z'],
    [{ transactionTime: '20240231075959' }, undefined],
    [{ transactionTime: '2021062117400' }, undefined],
    [{ transactionTime: 20210621174006 }, undefined],
    [{}, undefined],
  ])('of %j is %s, being China time', (json, iso) => {
    expect(transactionTimeOf(json)?.toISOString()).toBe(iso);
  });
});
