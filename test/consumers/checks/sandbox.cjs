'use strict';
// The vendor of both accounts, from the installed package.
const { KycSandbox } = require('nestjs-bankcard-ocr/testing');

async function main() {
  const sandboxes = await Promise.all(['IDAXXXXX', 'IDALOANS'].map((appId) => KycSandbox.start({ appId })));
  const [own, loans] = sandboxes.map(({ appId, secret, url }) => ({ APP_ID: appId, SECRET: secret, BASE_URL: url }));
  for (const sandbox of sandboxes) sandbox.addOrder({ orderNo: 'order1', bankCardNo: '6222021234567890128' });
  process.stdout.write(`sandbox ${JSON.stringify({ own, loans })}\n`);
  process.once('SIGTERM', async () => {
    const misuse = sandboxes.flatMap((sandbox) => sandbox.violations());
    for (const sandbox of sandboxes) await sandbox.stop();
    process.exitCode = misuse.length;
    if (misuse.length > 0) console.error(misuse);
  });
}

void main();
