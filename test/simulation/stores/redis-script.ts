import { createHash } from 'node:crypto';

/** What a script may call; nil replies are `false`, as Redis has it. It throws what Redis answers with an error. */
export type RedisCall = (command: string, ...args: string[]) => Value;

/** A value of Lua, as far as the scripts have them: nil is undefined, a table is a list or an error of Redis. */
export type Value = string | number | boolean | undefined | Value[] | { readonly err: string };

/** An error that Redis answers with. */
export class RedisReplyError extends Error {
  override name = 'ReplyError';
}

/** Something that the simulation does not know: the simulation has to be extended, and nothing may hide that. */
export class NotSimulated extends Error {
  override name = 'NotSimulated';
}

type Names = Map<string, Value>;
type Expression = (names: Names, call: RedisCall) => Value;
/** @returns a list of one value when the script ends here */
type Statement = (names: Names, call: RedisCall) => [Value] | undefined;

/** A script that can be run. */
export type RedisScript = (call: RedisCall, keys: readonly string[], args: readonly string[]) => unknown;

const compiled = new Map<string, RedisScript>();

/**
 * Make one of the library's Lua scripts run here, so that what is simulated is the script itself and not somebody's reading
 * of it. Of Lua it understands what the scripts use, and refuses everything else.
 */
export function compileRedisScript(lua: string): RedisScript {
  let script = compiled.get(lua);
  if (!script) {
    const body = new Parser(lua).script();
    script = (call, keys, args) => {
      const names: Names = new Map<string, Value>([
        ['KEYS', [...keys]],
        ['ARGV', [...args]],
      ]);
      return replyOf(body(names, call)?.[0]);
    };
    compiled.set(lua, script);
  }
  return script;
}

/** A value as Redis answers it: whole numbers, and nil for what is false. */
function replyOf(value: Value): unknown {
  if (typeof value === 'number') return Math.trunc(value);
  if (value === true) return 1;
  if (value === undefined || value === false) return null;
  if (typeof value === 'object' && !Array.isArray(value)) throw new RedisReplyError(value.err);
  return Array.isArray(value) ? value.map(replyOf) : value;
}

const TOKEN =
  /\s+|--[^\n]*|'((?:[^'\\\n]|\\n)*)'|(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(~=|==|<=|>=|\.\.|[-+*/<>=(){}[\],#])/y;
const END = { kind: 'end', text: '' } as const;

interface Token {
  readonly kind: 'text' | 'number' | 'word' | 'sign' | 'end';
  readonly text: string;
}

const isTrue = (value: Value): boolean => value !== undefined && value !== false;

const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '==': (a, b) => a === b,
  '~=': (a, b) => a !== b,
  '<': (a, b) => numberOf(a) < numberOf(b),
  '>': (a, b) => numberOf(a) > numberOf(b),
  '<=': (a, b) => numberOf(a) <= numberOf(b),
  '>=': (a, b) => numberOf(a) >= numberOf(b),
};
const SUMS: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  '+': (a, b) => numberOf(a) + numberOf(b),
  '-': (a, b) => numberOf(a) - numberOf(b),
};
const PRODUCTS: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  '*': (a, b) => numberOf(a) * numberOf(b),
  '/': (a, b) => numberOf(a) / numberOf(b),
};
const FUNCTIONS: Readonly<Record<string, (...values: Value[]) => Value>> = {
  type: (value) => typeOf(value),
  'string.find': (text, part, from, isPlain) => {
    if (from !== 1 || isPlain !== true) throw new NotSimulated('string.find() with a pattern');
    const at = textOf(text).indexOf(textOf(part));
    return at < 0 ? undefined : at + 1;
  },
  'redis.sha1hex': (text) => createHash('sha1').update(textOf(text), 'utf8').digest('hex'),
  tonumber: (value) => (value === undefined ? undefined : numberOf(value)),
  tostring: (value) => textOf(value),
  'math.floor': (value) => Math.floor(numberOf(value)),
  'math.max': (a, b) => Math.max(numberOf(a), numberOf(b)),
  'math.min': (a, b) => Math.min(numberOf(a), numberOf(b)),
};
const CONSTANTS: Readonly<Record<string, Value>> = { nil: undefined, true: true, false: false };

function typeOf(value: Value): string {
  if (value === undefined) return 'nil';
  return typeof value === 'object' ? 'table' : typeof value;
}

function textOf(value: Value): string {
  if (typeof value === 'object') throw new Error('the script takes a table for a text');
  return value === undefined ? 'nil' : String(value);
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  throw new Error(`the script asks for the length of ${typeOf(value)}`);
}

function numberOf(value: Value): number {
  const number = Number(value);
  if (typeof value === 'boolean' || value === undefined || Number.isNaN(number)) {
    throw new Error(`the script takes ${typeOf(value)} for a number`);
  }
  return number;
}

class Parser {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(lua: string) {
    for (let at = 0; at < lua.length;) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(lua);
      if (!match) throw new NotSimulated(`the simulated Redis cannot read this script from: ${lua.slice(at, at + 60)}`);
      at += match[0].length;
      const [, text, number, word, sign] = match;
      if (text !== undefined) this.#tokens.push({ kind: 'text', text: text.replaceAll(String.raw`\n`, '\n') });
      else if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else if (sign !== undefined) this.#tokens.push({ kind: 'sign', text: sign });
    }
  }

  script(): Statement {
    const block = this.#block();
    if (this.#next !== END) throw this.#surprise();
    return block;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #is(text: string): boolean {
    return this.#next.kind !== 'text' && this.#next.text === text && this.#next !== END;
  }

  #takeIf(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at += 1;
    return true;
  }

  #take(text: string): void {
    if (!this.#takeIf(text)) throw this.#surprise();
  }

  #name(): string {
    const { kind, text } = this.#next;
    if (kind !== 'word') throw this.#surprise();
    this.#at += 1;
    return text;
  }

  #surprise(): Error {
    return new NotSimulated(`the simulated Redis does not know what '${this.#next.text}' means here`);
  }

  #block(): Statement {
    const statements: Statement[] = [];
    while (this.#next !== END && !this.#is('end') && !this.#is('else') && !this.#is('elseif')) {
      statements.push(this.#statement());
    }
    return (names, call) => {
      for (const statement of statements) {
        const returned = statement(names, call);
        if (returned) return returned;
      }
      return undefined;
    };
  }

  #statement(): Statement {
    if (this.#takeIf('local')) {
      const name = this.#name();
      this.#take('=');
      const value = this.#expression();
      return (names, call) => void names.set(name, value(names, call));
    }
    if (this.#takeIf('return')) {
      const value = this.#is('end') || this.#next === END ? () => undefined : this.#expression();
      return (names, call) => [value(names, call)];
    }
    if (this.#takeIf('if')) return this.#condition();
    if (this.#next.kind === 'word' && [',', '='].includes(this.#tokens[this.#at + 1]?.text ?? ''))
      return this.#assignment();
    const expression = this.#expression();
    return (names, call) => void expression(names, call);
  }

  #assignment(): Statement {
    const targets = [this.#name()];
    while (this.#takeIf(',')) targets.push(this.#name());
    this.#take('=');
    const values = [this.#expression()];
    while (this.#takeIf(',')) values.push(this.#expression());
    return (names, call) => {
      const found = values.map((value) => value(names, call));
      for (const [index, target] of targets.entries()) {
        if (!names.has(target)) throw new NotSimulated(`the script sets ${target}, which is no local variable`);
        names.set(target, found[index]);
      }
      return undefined;
    };
  }

  #condition(): Statement {
    const condition = this.#expression();
    this.#take('then');
    const then = this.#block();
    let otherwise: Statement = () => undefined;
    if (this.#takeIf('elseif')) otherwise = this.#condition();
    else {
      if (this.#takeIf('else')) otherwise = this.#block();
      this.#take('end');
    }
    return (names, call) => (isTrue(condition(names, call)) ? then(names, call) : otherwise(names, call));
  }

  #expression(): Expression {
    let left = this.#conjunction();
    while (this.#takeIf('or')) {
      const first = left;
      const second = this.#conjunction();
      left = (names, call) => {
        const value = first(names, call);
        return isTrue(value) ? value : second(names, call);
      };
    }
    return left;
  }

  #conjunction(): Expression {
    let left = this.#comparison();
    while (this.#takeIf('and')) {
      const first = left;
      const second = this.#comparison();
      left = (names, call) => {
        const value = first(names, call);
        return isTrue(value) ? second(names, call) : value;
      };
    }
    return left;
  }

  #comparison(): Expression {
    return this.#infix(COMPARISONS, () => this.#concatenation());
  }

  #concatenation(): Expression {
    return this.#infix({ '..': (a, b) => `${textOf(a)}${textOf(b)}` }, () => this.#sum());
  }

  #sum(): Expression {
    return this.#infix(SUMS, () => this.#infix(PRODUCTS, () => this.#operand()));
  }

  #infix(operators: Readonly<Record<string, (a: Value, b: Value) => Value>>, operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = this.#next.kind === 'sign' ? operators[this.#next.text] : undefined;
      if (!operator) return left;
      this.#at += 1;
      const first = left;
      const second = operand();
      left = (names, call) => operator(first(names, call), second(names, call));
    }
  }

  #operand(): Expression {
    if (this.#takeIf('not')) {
      const operand = this.#operand();
      return (names, call) => !isTrue(operand(names, call));
    }
    if (this.#takeIf('#')) {
      const operand = this.#operand();
      return (names, call) => lengthOf(operand(names, call));
    }
    if (this.#takeIf('-')) {
      const operand = this.#operand();
      return (names, call) => -numberOf(operand(names, call));
    }
    let value = this.#primary();
    while (this.#takeIf('[')) {
      const list = value;
      const index = this.#expression();
      this.#take(']');
      value = (names, call) => {
        const of = list(names, call);
        if (!Array.isArray(of)) throw new Error('the script takes an element of what is no table');
        return of[numberOf(index(names, call)) - 1];
      };
    }
    return value;
  }

  #primary(): Expression {
    const token = this.#next;
    if (token.kind === 'text' || token.kind === 'number') {
      this.#at += 1;
      const value = token.kind === 'text' ? token.text : Number(token.text);
      return () => value;
    }
    if (this.#takeIf('(')) {
      const inside = this.#expression();
      this.#take(')');
      return inside;
    }
    if (this.#takeIf('{')) {
      const elements = this.#list('}');
      return (names, call) => elements.map((element) => element(names, call));
    }
    const name = this.#name();
    if (Object.hasOwn(CONSTANTS, name)) return () => CONSTANTS[name];
    return this.#takeIf('(') ? callOf(name, this.#list(')')) : variable(name);
  }

  #list(end: string): Expression[] {
    const elements: Expression[] = [];
    while (!this.#takeIf(end)) {
      elements.push(this.#expression());
      if (!this.#is(end)) this.#take(',');
    }
    return elements;
  }
}

function callOf(name: string, args: readonly Expression[]): Expression {
  if (name === 'redis.call' || name === 'redis.pcall') {
    return (names, call) => {
      const [command, ...rest] = args.map((arg) => textOf(arg(names, call)));
      try {
        return call(command ?? '', ...rest);
      } catch (error) {
        if (name === 'redis.call' || !(error instanceof RedisReplyError)) throw error;
        return { err: error.message };
      }
    };
  }
  const known = FUNCTIONS[name];
  if (!known) throw new NotSimulated(`the simulated Redis does not know the function ${name}`);
  return (names, call) => known(...args.map((arg) => arg(names, call)));
}

function variable(name: string): Expression {
  const [table = '', field] = name.split('.');
  if (field === 'err') {
    return (names) => {
      const value = names.get(table);
      return typeof value === 'object' && !Array.isArray(value) ? value.err : undefined;
    };
  }
  return (names) => {
    if (!names.has(name)) throw new NotSimulated(`the script uses ${name}, which nothing has set`);
    return names.get(name);
  };
}
