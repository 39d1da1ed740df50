import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { SANDBOX_KEY } from './sandbox-security.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

/** What to print, in Chinese and English, when the demo has started on the sandbox. */
export function announce(
  url: string,
  { hasOwnKeys, auditFile, metricsUrl }: { hasOwnKeys: boolean; auditFile: string; metricsUrl?: string | undefined },
): string {
  const cards = `${url}/bank-cards`;
  const curl = `curl -H "x-api-key: ${hasOwnKeys ? '$DEMO_API_KEY' : SANDBOX_KEY}"`;
  const keys = hasOwnKeys
    ? [
        '请先执行 export DEMO_API_KEY=你的密钥 (DEMO_API_KEYS 已设置)。',
        'Run export DEMO_API_KEY=your-key first (DEMO_API_KEYS is set).',
      ]
    : [
        `密钥 ${SANDBOX_KEY} 仅用于沙箱：只监听 127.0.0.1；正式启动 (main.js) 必须设置 DEMO_API_KEYS。`,
        `The key ${SANDBOX_KEY} is for the sandbox only, on 127.0.0.1. main.js requires DEMO_API_KEYS.`,
      ];
  return [
    '',
    `demo-api: ${url}`,
    '沙箱模式：所有银行卡、卡号和照片均为虚构，不会访问腾讯云。',
    'Sandbox: every card, number and photo is invented, and the vendor is never asked.',
    ...keys,
    '',
    '试一试 / Try:',
    `  ${curl} ${cards}/${clean}`,
    `  ${curl} ${cards}/${warned}`,
    `  ${curl} ${cards}/${noValidity}`,
    '',
    '照片 / The photo:',
    `  ${curl} -o card.jpg ${cards}/${clean}/photos/original`,
    '',
    '完整卡号，须说明用途，并写入审计文件 / The whole number, with a reason, and a line in the audit file:',
    `  ${curl} "${cards}/${clean}/number?reason=payout"`,
    `  cat ${auditFile}`,
    '',
    '直接识别一张图片 / Recognize an image directly:',
    `  ${curl} -F image=@card.jpg ${cards}`,
    '',
    '启动手机 SDK 所需的参数，只能用一次 / What an app starts the phone SDK with, once:',
    `  ${curl} -H "content-type: application/json" -d '{"userId":"user1"}' ${url}/sdk-launches`,
    '',
    `接口文档 / Every route: ${url}/docs`,
    ...(metricsUrl === undefined ? [] : [`指标 / Metrics: ${metricsUrl}`]),
    '',
    '',
  ].join('\n');
}
