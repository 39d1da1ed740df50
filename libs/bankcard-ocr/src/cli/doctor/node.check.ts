import { text } from '../text.js';
import { type Finding, findingsOf } from './finding.js';

const finding = findingsOf('node');
/** As `engines` of the package has it. */
const OLDEST = { major: 20, minor: 19 };

/** Whether this Node.js can run the library. */
export function checkNodeVersion(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  const oldest = `${OLDEST.major}.${OLDEST.minor}`;
  return finding(isEnough ? 'ok' : 'fail', text(version, version), {
    facts: { version },
    ...(!isEnough && { todo: text(`Use ${oldest} or newer`, `请使用 ${oldest} 或更新版本`) }),
  });
}
