import * as scripts from '../../../libs/bankcard-ocr/src/redis/redis-scripts.js';
import { compileRedisScript, RedisReplyError } from './redis-script.js';

const run = (lua: string, keys: string[] = [], args: string[] = []): unknown => {
  return compileRedisScript(lua)(
    (command, ...rest) => {
      if (command === 'FAIL') throw new RedisReplyError('WRONGTYPE no');
      return command === 'NONE' ? false : [command, ...rest].join(' ');
    },
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
    ['return #ARGV[1] + #KEYS', 3],
    ['return -1', -1],
    ['local a = 1 local b = 2 a, b = b, a return a .. b', '21'],
    ["return type(nil) .. type('') .. type(1) .. type({}) .. type(false)", 'nilstringnumbertableboolean'],
    ["return string.find('abc', 'c', 1, true)", 3],
    ["local found = redis.pcall('FAIL') return type(found) .. found.err", 'tableWRONGTYPE no'],
    [String.raw`return redis.sha1hex('a\nb')`, 'fcd127ffa1016069006ad91f3f361248f9bdf272'],
    ['-- a comment\nlocal a = 2\nreturn a', 2],
    ["redis.call('SET', KEYS[1], ARGV[1])", null],
  ])('means what it means in Redis: %s', (lua, expected) => {
    expect(run(lua, ['a', 'b'], ['b', 'c'])).toEqual(expected);
  });

  it.each([
    'for i = 1, 2 do end',
    "return string.sub('a', 1)",
    "return string.find('a', '%a')",
    'return unknown',
    'local = 1',
    "return 'a",
  ])('is refused when it uses more than is understood: %s', (lua) => {
    expect(() => run(lua)).toThrow(/simulated Redis|nothing has set|with a pattern/);
  });

  it.each(Object.entries(scripts))('is understood: the %s of the library', (_name, lua) => {
    expect(() => compileRedisScript(lua)).not.toThrow();
  });
});
