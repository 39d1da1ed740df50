import { getBankCardOcrToken, InjectBankCardOcr, tokenNamed } from './bankcard-ocr.tokens.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { SignatureService } from '../signature/signature.service.js';

describe('the token of a service', () => {
  it('is its class for the registration without a name', () => {
    expect(getBankCardOcrToken(OcrResultService)).toBe(OcrResultService);
  });

  it('is another one for each service and name, and always the same', () => {
    const token = getBankCardOcrToken(OcrResultService, 'loans');
    expect(getBankCardOcrToken(OcrResultService, 'loans')).toBe(token);
    const others = [
      OcrResultService,
      getBankCardOcrToken(OcrResultService, 'Loans'),
      getBankCardOcrToken(SignatureService, 'loans'),
    ];
    for (const other of others) expect(token).not.toBe(other);
  });

  it('is another one for another class of the same name, as minified bundles have', () => {
    const [first, second] = [0, 1].map(() => Object.defineProperty(class {}, 'name', { value: 'r' }));
    expect(tokenNamed(first!, 'loans')).not.toBe(tokenNamed(second!, 'loans'));
    expect(tokenNamed(first!, 'loans')).toBe(tokenNamed(first!, 'loans'));
  });

  it('tells itself in messages of Nest, and cannot be made an object of', () => {
    const token = getBankCardOcrToken(OcrResultService, 'loans');
    expect(token.name).toBe("OcrResultService of 'loans'");
    expect(() => new token()).toThrow(/a token for injection/);
  });

  it.each([[''], ['1st'], ['two words'], ['a'.repeat(33)], ['ä']])('has no name %j', (name) => {
    expect(() => getBankCardOcrToken(OcrResultService, name)).toThrow(/name: must be a letter/);
    expect(() => InjectBankCardOcr(OcrResultService, name)).toThrow(/name: must be a letter/);
  });

  it('is none for other classes, which do not compile either', () => {
    // @ts-expect-error a map is no service of this library
    expect(() => getBankCardOcrToken(Map, 'loans')).toThrow(/take one of SignatureService, .*SdkLaunchService/);
  });

  it('has the type of its service', () => {
    const token = getBankCardOcrToken(OcrResultService, 'loans');
    // @ts-expect-error it is not that of another one
    const wrong: typeof SignatureService = token;
    expect(wrong).toBe(token);
  });
});
