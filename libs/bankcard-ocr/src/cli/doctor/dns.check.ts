import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { sentences, text } from '../text.js';
import { type Finding, findingsOf } from './finding.js';
import { nameOf } from './run-check.js';
import { failureOn, type Way, whatNeeds, withoutBrackets } from './way.js';

const finding = findingsOf('dns');
const ADVICE = text(
  'Check the spelling of the host, and the name server of this machine or container',
  '请检查地址拼写，以及本机或容器的 DNS 设置',
);

/** Look the names up that this machine itself has to know: those of the vendor, or those of the proxies before them. */
export async function checkNames(ways: readonly Way[]): Promise<Finding[]> {
  // The way of queries comes first, and decides about a name that both need.
  const names = new Map(
    ways.toReversed().map((way) => [withoutBrackets(way.proxy?.hostname ?? way.destination.hostname), way]),
  );
  return Promise.all([...names].toReversed().map(([name, way]) => checkName(name, way)));
}

async function checkName(name: string, way: Way): Promise<Finding> {
  if (isIP(name) !== 0) {
    return finding('ok', text('an address, nothing to look up', '是 IP 地址，无需解析'), { about: name });
  }
  try {
    const addresses = (await lookup(name, { all: true })).length;
    return finding('ok', text(`${addresses} addresses`, `${addresses} 个地址`), { about: name, facts: { addresses } });
  } catch (error) {
    const code = nameOf(error);
    return finding(failureOn(way), text(`cannot be looked up (${code})`, `解析失败（${code}）`), {
      about: name,
      todo: sentences(ADVICE, whatNeeds(way)),
      facts: { code },
    });
  }
}
