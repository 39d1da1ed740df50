import { KycSandbox } from 'nestjs-bankcard-ocr/testing';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

/** What to print, in Chinese and English, when the demo has started on the sandbox. */
export function announce(url: string, needsKey: boolean): string {
  const cards = `${url}/bank-cards`;
  const curl = needsKey ? `curl -H "x-api-key: $DEMO_API_KEY"` : 'curl';
  const keys = needsKey
    ? [
        '需要 API key：请先执行 export DEMO_API_KEY=你的密钥 (DEMO_API_KEYS 已设置)。',
        'An API key is needed (DEMO_API_KEYS is set): export DEMO_API_KEY=your-key first.',
      ]
    : [
        '沙箱方式只监听 127.0.0.1，未设置 DEMO_API_KEYS，因此不需要 API key；正式启动 (main.js) 必须设置。',
        'No API key is needed: this start listens on 127.0.0.1 only and DEMO_API_KEYS is not set. main.js requires it.',
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
    needsKey ? '照片 / The photo:' : '照片，也可用浏览器打开 / The photo, also in a browser:',
    `  ${curl} -o card.jpg ${cards}/${clean}/photos/original`,
    '',
    '直接识别一张图片 / Recognize an image directly:',
    `  ${curl} -F image=@card.jpg ${cards}`,
    '',
    '启动手机 SDK 所需的参数，只能用一次 / What an app starts the phone SDK with, once:',
    `  ${curl} -H "content-type: application/json" -d '{"userId":"user1"}' ${url}/sdk-launches`,
    '',
    '',
  ].join('\n');
}
