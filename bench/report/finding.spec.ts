import { type Finding, medianOf } from './finding.js';

const finding = (id: string, value?: number): Finding => ({
  id,
  what: id,
  unit: 'x',
  ...(value !== undefined ? { value } : { skipped: 'no' }),
});

it('takes of each figure the median over the runs that have it', () => {
  const runs = [
    [],
    [finding('a', 3), finding('b')],
    [finding('a', 1), finding('b', 5)],
    [finding('a', 2), finding('b')],
  ];
  expect(medianOf(runs)).toMatchObject([
    { id: 'a', value: 2 },
    { id: 'b', value: 5, skipped: undefined },
  ]);
  expect(medianOf([[finding('b')], []])).toEqual([finding('b')]);
  expect(medianOf([[]])).toEqual([]);
});
