import { isOrderNumberName, withExactOrderNumbers } from './json-response.js';

const parsed = (text: string): unknown => JSON.parse(withExactOrderNumbers(text));

describe('order numbers of a JSON text', () => {
  it.each([
    '1984602893847461890',
    '-0',
    '0',
    '31',
    '9007199254740991.4',
    '1.5',
    '12e-1',
    '1E+3',
    '2.0261128E7',
    '0.5',
    '1e999',
    '-1.0',
  ])('are texts, as they are written: %s', (number) => {
    expect(parsed(`{"code":"0","orderNo":${number},"n":1e3}`)).toEqual({ code: '0', orderNo: number, n: 1000 });
    expect(parsed(`{"result":{"orderNo" :\n ${number} }}`)).toEqual({ result: { orderNo: number } });
  });

  it.each(['orderno', 'ORDERNO', 'order_no', 'order-no', 'orderNumber'])('are exact under the name %s too', (name) => {
    expect(Object.values(parsed(`{"${name}":12345678901234567890}`) as object)).toEqual(['12345678901234567890']);
  });

  it('are all kept where a name comes twice', () => {
    expect(parsed('{"orderNo":"other","orderNo":"order1"}')).toEqual({ orderNo: 'other', 'orderNo#1': 'order1' });
    expect(parsed('{"orderNo":1,"x":{"orderNo":2},"orderNo":[3]}')).toEqual({
      orderNo: '1',
      x: { 'orderNo#1': '2' },
      'orderNo#2': [3],
    });
  });

  it.each([
    '{"code":"0","msg":"\\"orderNo\\": 5","orderNo":"order1"}',
    '{"code":"0","msg":"\\\\","result":{"orderNo":"order1"},"clarity":79}',
    '{"a":"orderNo","b":5,"c":["orderNo",1.50]}',
    '{"orderNo":null}',
    '{"orderNo":{"orderNumbers":1.5}}',
    '{}',
  ])('leave everything else as it is: %s', (text) => {
    expect(parsed(text)).toEqual(JSON.parse(text));
  });

  it.each(['{"orderNo":', '"', '{"orderNo', '\\', '{"orderNo":1', '{"a\\q":1,"orderNo":2}'])(
    'leave what is no JSON to the parser: %s',
    (text) => {
      expect(() => parsed(text)).toThrow(SyntaxError);
    },
  );

  it('stand under names that are told from others', () => {
    expect(['orderNo', 'ORDER_NO', 'orderNo#12', 'ordernumber'].map(isOrderNumberName)).toEqual(Array(4).fill(true));
    expect(['order', 'orderNos', 'myOrderNo', 'orderId', 'orderNo#', 'no'].map(isOrderNumberName)).toEqual(
      Array(6).fill(false),
    );
  });
});
