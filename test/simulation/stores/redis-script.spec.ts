import * as scripts from '../../../libs/bankcard-ocr/src/redis/redis-scripts.js';
import { compileRedisScript } from './redis-script.js';

const run = (lua: string, keys: string[] = [], args: string[] = []): unknown => {
  return compileRedisScript(lua)(
    (command, ...rest) => (command === 'NONE' ? false : [command, ...rest].join(' ')),
    keys,
    args,
  );
};

describe('a Lua script in the simulated Redis', () => {
  it.each([
    ['return KEYS[1] .. ARGV[2]', 'ac'],
    ['return 7 / 2', 3],
    ['return math.floor(7.9) + 2 * 3 - 1', 12],
    ["return tonumber('5') > 4", 1],
    ['return nil', null],
    ['return false', null],
    ["return { 1, redis.call('NONE'), 'x' }", [1, null, 'x']],
    ["return redis.call('NONE') or 'other'", 'other'],
    ["return '' or 'other'", ''],
    ["return not redis.call('NONE') and 'yes'", 'yes'],
    ["local a = 1 if a ~= 1 then return 'no' elseif a == 1 then return 'yes' end return 'never'", 'yes'],
    ["if 0 then return 'zero is true' else return 'no' end", 'zero is true'],
    ['-- a comment\nlocal a = 2\nreturn a', 2],
    ["redis.call('SET', KEYS[1], ARGV[1])", null],
  ])('means what it means in Redis: %s', (lua, expected) => {
    expect(run(lua, ['a', 'b'], ['b', 'c'])).toEqual(expected);
  });

  it.each([
    'for i = 1, 2 do end',
    "return string.sub('a', 1)",
    'return #KEYS',
    'return unknown',
    'local = 1',
    "return 'a",
  ])('is refused when it uses more than is understood: %s', (lua) => {
    expect(() => run(lua)).toThrow(/simulated Redis|nothing has set/);
  });

  it.each(Object.entries(scripts))('is understood: the %s of the library', (_name, lua) => {
    expect(() => compileRedisScript(lua)).not.toThrow();
  });
});
