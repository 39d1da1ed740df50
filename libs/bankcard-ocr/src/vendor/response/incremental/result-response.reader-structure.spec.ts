import { ResponseStructure } from './result-response.reader.js';

/** The strings of a body with what the structure takes them for; `p` is a place where a photo stands. */
function rolesIn(body: string): string[] {
  const structure = new ResponseStructure();
  const roles: string[] = [];
  for (const [, string, other] of body.matchAll(/"((?:[^"\\]|\\.)*)"|([^"])/g)) {
    if (string === undefined) {
      structure.note(other!.charCodeAt(0));
      continue;
    }
    const role = structure.roleOfString();
    roles.push(typeof role === 'string' ? `${role} ${string}` : `${role.kind ?? 'unknown photo'}: ${string}`);
    if (role !== 'key') continue;
    for (const piece of string) structure.noteKey(piece);
    structure.endKey();
  }
  return roles;
}

/** Those that are photos. */
const photosIn = (body: string) => rolesIn(body).filter((role) => /^(original|crop|numberStrip): /.test(role));

describe('the structure of an answer', () => {
  it('tells keys, photos and other strings apart', () => {
    expect(rolesIn('{"code": "0", "bankcardNoPhoto": "A", "list": ["code", {"x": "y"}], "msg": "m"}')).toEqual([
      'key code',
      'other 0',
      'key bankcardNoPhoto',
      'numberStrip: A',
      'key list',
      'other code',
      'other x',
      'other y',
      'key msg',
      'other m',
    ]);
  });

  it.each<[string, string[]]>([
    [
      '{"bankcardNoPhoto":"1","result":{"bankcardCropPhoto":"2"},"orginBankcardPhoto":"3"}',
      ['numberStrip: 1', 'crop: 2', 'original: 3'],
    ],
    ['{"a":{"b":[1,{"c":{}}]},"BANKCARDNOPHOTO":"1"}', ['numberStrip: 1']],
    [String.raw`{"r\u0065sult":{"bankcard\u004EoPhoto":"1"}}`, ['numberStrip: 1']],
    [
      '{"result":{"a":{"bankcardNoPhoto":"1"},"b":[{"bankcardNoPhoto":"1"}],"bankcardNoPhoto":"2"}}',
      ['numberStrip: 2'],
    ],
    ['{"result":[{"bankcardNoPhoto":"1"}]}', []],
    ['{"result":{"result":{"bankcardNoPhoto":"1"}}}', []],
    ['{"other":{"bankcardNoPhoto":"1"}}', []],
    ['{"a":{"result":{"bankcardNoPhoto":"1"}}}', []],
    ['[{"bankcardNoPhoto":"1","result":{"bankcardNoPhoto":"1"}}]', []],
    ['{"bankcardNoPhoto":null,"x":"1"}', []],
    ['{"bankcardNoPhoto":["1"],"x":"1"}', []],
    ['{"bankcardNoPhoto":{"x":"1"}}', []],
    ['{"bankcardNoPhoto2":"1","xbankcardNoPhoto":"1","":"1"}', []],
    [String.raw`{"bankcardNoPhoto\":"1","bankcardNoPhoto\x":"1"}`, []],
    [`{"${'x'.repeat(300)}":"1","bankcardNoPhoto":"2"}`, ['numberStrip: 2']],
    ['}}]]{"bankcardNoPhoto":"1"}', []],
  ])('knows where photos stand: %s', (body, photos) => {
    expect(photosIn(body)).toEqual(photos);
  });

  it.each([
    '{"bankcardNoPhoto":"1","bankcardNoPhoto":"1"}',
    '{"bankcardNoPhoto":null,"bankcardNoPhoto":"1"}',
    '{"result":{"bankcardNoPhoto":"1","x":{},"bankcardNoPhoto":"1"}}',
    String.raw`{"bankcardNoPhoto":"1","bankcard\u004eoPhoto":"1"}`,
    '{"result":{"bankcardNoPhoto":"1"},"result":{"bankcardCropPhoto":"1"}}',
    '{"result":{"bankcardNoPhoto":"1"},"result":null}',
  ])('refuses what can be read in two ways: %s', (body) => {
    expect(() => rolesIn(body)).toThrow('the body has the same photo, or the result, twice');
  });

  it.each([
    '{"bankcardNoPhoto":"1","result":{"bankcardNoPhoto":"1"}}',
    '{"bankcardNoPhoto":"1","bankcardnophoto":"1"}',
    '{"x":1,"x":2,"result":{"result":1,"result":2}}',
  ])('leaves other repetitions alone: %s', (body) => {
    expect(() => rolesIn(body)).not.toThrow();
  });
});
