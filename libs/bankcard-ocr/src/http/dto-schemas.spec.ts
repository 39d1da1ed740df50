import { readFileSync } from 'node:fs';
import path from 'node:path';
import { getMetadataStorage } from 'class-validator';
import ts from 'typescript';
import * as requests from './request.dto.js';
import * as responses from './response.dto.js';

/** What a DTO says of a member to `@nestjs/swagger`. */
interface Described {
  readonly required: boolean;
  readonly type?: () => unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface Dto {
  readonly name: string;
  readonly _OPENAPI_METADATA_FACTORY: () => Record<string, Described>;
}

const DTOS = [...Object.values(requests), ...Object.values(responses)].filter((value) => {
  return typeof value === 'function';
}) as unknown as Dto[];

/** The members of a class as its source declares them: `orderNo: string`, `expired?: boolean`. */
function declaredMembers(name: string): Record<string, { isOptional: boolean; type: string; comment: string }> {
  const members: Record<string, { isOptional: boolean; type: string; comment: string }> = {};
  for (const file of ['request.dto.ts', 'response.dto.ts']) {
    const text = readFileSync(path.join(__dirname, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (!ts.isClassDeclaration(statement) || statement.name?.text !== name) continue;
      for (const member of statement.members) {
        if (!ts.isPropertyDeclaration(member)) continue;
        members[member.name.getText()] = {
          isOptional: member.questionToken !== undefined,
          type: member.type?.getText().replace(' | undefined', '') ?? '',
          comment: ts
            .getJSDocCommentsAndTags(member)
            .map((comment) => comment.getText())
            .join(' '),
        };
      }
    }
  }
  return members;
}

function typeOf(described: Described): string {
  const type = described.type?.();
  if (Array.isArray(type)) return `${(type[0] as { name: string }).name}[]`;
  return (type as { name: string } | undefined)?.name ?? 'enum';
}

const PRIMITIVES: Readonly<Record<string, string>> = { string: 'String', number: 'Number', boolean: 'Boolean' };

describe('what the DTOs say to @nestjs/swagger', () => {
  it('is there for every one of them', () => {
    expect(DTOS.map(({ name }) => name).sort()).toEqual([
      'BankCardOcrResponseDto',
      'CardPhotosDto',
      'CreateSdkLaunchDto',
      'OrderNoParamsDto',
      'PhotosQueryDto',
      'RecognizeBankCardDto',
      'SdkLaunchResponseDto',
      'SdkResultVerdictDto',
      'VerifySdkResultDto',
    ]);
  });

  // A launch has the members of the class that it extends, described one by one.
  it.each(DTOS.filter(({ name }) => name !== 'SdkLaunchResponseDto'))('$name: is what its source declares', (dto) => {
    const described = dto._OPENAPI_METADATA_FACTORY();
    const declared = declaredMembers(dto.name);
    expect(Object.keys(described)).toEqual(Object.keys(declared));
    for (const [name, { isOptional, type }] of Object.entries(declared)) {
      const member = described[name]!;
      expect([name, member.required]).toEqual([name, !isOptional]);
      expect([name, member.description]).toEqual([name, expect.stringMatching(/./)]);
      if (member.enum === undefined) expect([name, typeOf(member)]).toEqual([name, PRIMITIVES[type] ?? type]);
    }
  });

  it.each(DTOS)('$name: every member has a description', (dto) => {
    for (const [name, { description }] of Object.entries(dto._OPENAPI_METADATA_FACTORY())) {
      expect([name, description]).toEqual([name, expect.stringMatching(/./)]);
    }
  });

  it('has the pattern that a request is validated by', () => {
    let patterns = 0;
    for (const dto of DTOS) {
      const described = dto._OPENAPI_METADATA_FACTORY();
      for (const { name, propertyName, constraints } of rulesOf(dto)) {
        if (name !== 'matches') continue;
        patterns += 1;
        expect([propertyName, described[propertyName]?.pattern]).toEqual([
          propertyName,
          (constraints[0] as RegExp).source,
        ]);
      }
    }
    expect(patterns).toBeGreaterThanOrEqual(6);
  });
});

function rulesOf(dto: Dto): { name?: string; propertyName: string; constraints: unknown[] }[] {
  return getMetadataStorage().getTargetValidationMetadatas(dto as never, '', false, false) as never;
}
