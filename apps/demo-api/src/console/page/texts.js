// What the page says, in English and Chinese.

const TEXTS = {
  title: ['Bank-card OCR', '银行卡识别'],
  cards: ['Cards', '银行卡'],
  credentials: ['Credentials', '凭证'],
  sandbox: ['Sandbox', '沙箱'],
  archive: ['Archive', '存证档案'],
  archiveHelp: [
    'Orders that this server has returned, kept encrypted. Photos come from here as soon as an order is kept.',
    '本服务返回过的订单，加密保存。保存之后，照片由此读取。',
  ],
  archiveOff: [
    'This server has no archive: set DEMO_ARCHIVE_DIRECTORY.',
    '本服务未启用存证档案：请设置 DEMO_ARCHIVE_DIRECTORY。',
  ],
  archiveKept: ['Kept', '已保存'],
  archiveWaiting: ['Waiting', '等待保存'],
  archiveLost: ['Lost', '已丢失'],
  archiveOldest: ['The oldest waits for', '最早订单已等待'],
  archiveFailure: ['Last failure', '最近一次失败'],
  archiveOrder: ['One order', '查询单个订单'],
  archiveLink: ['Look it up', '查看'],
  look: ['Look up', '查询'],
  archiveRef: ['Reference in the archive', '档案编号'],
  archiveKeptAt: ['Kept at', '保存时间'],
  archiveHeldUntil: ['On hold until', '保全至'],
  archiveMissing: ['Photos that Tencent never sent', '腾讯云未提供的照片'],
  retentionClass: ['Retention class', '保存类别'],
  verify: ['Verify', '校验'],
  verifying: ['Reading and hashing …', '正在读取并校验…'],
  verified: ['Nothing was changed.', '未发现改动。'],
  changed: ['Changes found:', '发现改动：'],
  'archive-kept': ['kept', '已保存'],
  'archive-restricted': ['restricted: not to be read', '已限制：不可读取'],
  'archive-held': ['on legal hold', '法律保全中'],
  'archive-erased': ['erased', '已删除'],
  'archive-waiting': ['waiting to be kept', '等待保存'],
  'archive-not-kept': ['not kept', '未保存'],
  'archive-off': ['no archive', '未启用存证档案'],
  key: ['API key', 'API 密钥'],
  keyHelp: ['It stays in this page and is forgotten when you close it.', '仅保存在本页面，关闭后即清除。'],
  language: ['中文', 'English'],
  skip: ['Skip to the content', '跳到主要内容'],
  orderNo: ['Order number', '订单号'],
  orderHelp: [
    '1 to 32 letters and digits, as the app gave it to the phone SDK.',
    '1 至 32 位字母和数字，与启动手机 SDK 时相同。',
  ],
  find: ['Show the card', '查询'],
  searching: ['Asking Tencent …', '正在查询…'],
  example: ['Try an order of the sandbox:', '可以试试沙箱中的订单：'],
  number: ['Card number', '卡号'],
  reveal: ['Reveal the number', '查看完整卡号'],
  hide: ['Hide it', '隐藏'],
  validity: ['Valid until', '有效期至'],
  noValidity: ['the card shows none', '卡面未标注'],
  expired: ['expired', '已过期'],
  unexpired: ['valid', '有效'],
  clarity: ['Clarity', '清晰度'],
  operatedAt: ['Recognized', '识别时间'],
  keptUntil: ['Tencent keeps it until about', '腾讯云预计保存至'],
  bizSeqNo: ['Serial number of Tencent', '腾讯云流水号'],
  copy: ['Copy', '复制'],
  copied: ['Copied', '已复制'],
  warnings: ['Warnings', '告警'],
  noWarnings: ['Tencent has no doubt about this card.', '腾讯云未给出告警。'],
  warningHelp: [
    'Tencent recognized the card all the same. Your rules decide.',
    '识别仍然成功，是否接受由业务规则决定。',
  ],
  photos: ['Photos', '照片'],
  original: ['as it was taken', '原图'],
  crop: ['cropped', '裁剪图'],
  numberStrip: ['the number', '卡号图'],
  photosPending: ['Tencent has not delivered the photos yet.', '腾讯云尚未返回照片。'],
  photosGone: ['Tencent no longer keeps the photos.', '照片已超过腾讯云的保存期限。'],
  photosNone: ['There are no photos.', '没有照片。'],
  photoLoading: ['Loading the photo', '正在加载照片'],
  again: ['Try again', '重试'],
  reasonTitle: ['Why do you need the whole number?', '为什么需要完整卡号？'],
  reasonLabel: ['Reason, for the audit log', '原因（记入审计日志）'],
  reasonHelp: ['At least 3 characters. Do not enter card numbers or names.', '至少 3 个字符，请勿填写卡号或姓名。'],
  cancel: ['Cancel', '取消'],
  errorTitle: ['This did not work', '操作未成功'],
  whatToDo: ['What to do', '处理办法'],
  code: ['Code', '错误码'],
  vendorCode: ['Code of Tencent', '腾讯云错误码'],
  account: ['Account', '账号'],
  state: ['State', '状态'],
  generation: ['Generation', '代次'],
  age: ['Age', '已使用'],
  refresh: ['Refresh now', '立即刷新'],
  refreshHelp: [
    'A refresh ends the tickets before it one minute later. Tencent asks for one every 20 minutes; do not refresh more often than you must.',
    '刷新后旧 ticket 一分钟后失效。腾讯云要求每 20 分钟刷新一次，请勿频繁手动刷新。',
  ],
  refreshing: ['Refreshing …', '正在刷新…'],
  store: ['Ticket store', '凭证存储'],
  lastRefreshes: ['Last refreshes', '最近的刷新'],
  'state-fresh': ['fresh', '有效'],
  'state-due': ['a refresh is due', '待刷新'],
  'state-none': ['none', '无'],
  'state-unknown': ['unknown', '未知'],
  remaining: ['Ticket valid for', 'ticket 剩余有效期'],
  lastFailure: ['The last refresh failed', '最近一次刷新失败'],
  nextTry: ['next attempt in', '下次重试：'],
  failing: ['not reachable', '不可用'],
  unfinished: ['A refresh has been running for', '刷新已进行'],
  refreshed: ['New credentials are in use.', '已启用新凭证。'],
  'too-soon': ['Not refreshed: the last refresh was less than a minute ago.', '未刷新：距上次刷新不足一分钟。'],
  'backing-off': [
    'Not refreshed: refreshes fail, and the next one has to wait.',
    '未刷新：刷新连续失败，需等待下次重试。',
  ],
  failed: ['The refresh failed.', '刷新失败。'],
  exchanges: ['Requests to Tencent, live', '对腾讯云的请求（实时）'],
  noExchanges: ['None yet. Query a card and watch.', '暂无。查询一张银行卡即可看到。'],
  time: ['Time', '时间'],
  endpoint: ['Endpoint', '接口'],
  outcome: ['Outcome', '结果'],
  duration: ['Duration', '耗时'],
  attempt: ['Attempt', '第几次'],
  live: ['live', '实时'],
  notLive: ['The connection was lost; connecting again …', '连接已断开，正在重连…'],
  foreign: ['Another program seems to refresh this app id.', '疑似有其他程序在刷新同一 app id。'],
  faults: ['Faults', '故障'],
  faultsHelp: ['Switch one on, then query a card or let time pass.', '打开故障后，再查询银行卡或让时间前进。'],
  timeTitle: ['Time', '时间'],
  timeHelp: ['Moves the clock of the sandbox and of this backend.', '同时推进沙箱和本后端的时钟。'],
  ahead: ['ahead by', '已前进'],
  orders: ['Orders', '订单'],
  ordersHelp: ['One for every code and every warning of Tencent.', '每个错误码和告警码各一个。'],
  meaning: ['Meaning', '含义'],
  show: ['Show', '查看'],
  violations: ['Violations of Tencent’s rules', '违反腾讯云规则的行为'],
  noViolations: ['None: this backend keeps to the rules.', '无：本后端遵守全部规则。'],
  journal: ['Journal', '请求记录'],
  hits: ['requests hit', '次命中'],
  on: ['on', '已打开'],
  off: ['off', '已关闭'],
  'kill-credentials': ['End all credentials', '使全部凭证失效'],
  'foreign-refresh': ['Let another program refresh', '模拟其他程序刷新'],
  'all-down': ['Tencent is down: HTTP 502 on every request', '腾讯云不可用：所有请求返回 HTTP 502'],
  'tokens-down': ['No token: the connection is reset', '无法获取 token：连接被重置'],
  'tokens-lost': ['Tokens are issued, their responses are lost', 'token 已签发但响应丢失'],
  'queries-hang': ['Queries get no response', '查询无响应'],
  'queries-slow': ['Queries take 2 seconds longer', '查询变慢 2 秒'],
  'queries-cut': ['Responses to queries break off', '查询的响应中途断开'],
  'queries-limited': ['Too many requests (400504)', '请求过于频繁 (400504)'],
  'wrong-types': ['Responses with values of wrong types', '响应中的数据类型错误'],
  'photos-late': ['Photos come 20 seconds late', '照片延迟 20 秒'],
};

/** What to do about an error, by its code or else by its status. */
const ADVICE = {
  OFFLINE: ['The server cannot be reached. Check that it runs.', '无法连接服务器，请确认服务正在运行。'],
  INVALID_ARGUMENT: ['Check the order number: 1 to 32 letters and digits.', '请检查订单号：1 至 32 位字母和数字。'],
  ORDER_NOT_FOUND: [
    'Check the number. A result may be a few seconds late; after about three days Tencent deletes it.',
    '请核对订单号。结果可能晚几秒；约三天后腾讯云会删除。',
  ],
  RESULT_GONE: [
    'Tencent has deleted it. Ask the customer to scan the card again.',
    '结果已被删除，请客户重新扫描银行卡。',
  ],
  EVIDENCE_RESTRICTED: ['The order is restricted. Ask the privacy office.', '该订单已限制处理，请联系隐私负责人。'],
  EVIDENCE_ERASED: ['The order was erased on request.', '该订单已按要求删除。'],
  EVIDENCE_DAMAGED: [
    'What is stored was changed or is incomplete. Report it to the operator; do not delete anything.',
    '存证被改动或不完整，请告知运维，不要删除任何内容。',
  ],
  CARD_UNREADABLE: [
    'Ask the customer for a new photo: whole card, sharp, no glare.',
    '请客户重新拍照：卡片完整、清晰、无反光。',
  ],
  CARD_REJECTED: [
    'Your warning policy rejects this card. Ask the customer for the original card.',
    '告警策略拒绝了此卡，请客户使用实体卡重新扫描。',
  ],
  PHOTO_DAMAGED: [
    'Try again; if it stays so, quote the serial number to Tencent.',
    '请重试；若仍失败，请向腾讯云提供流水号。',
  ],
  PHOTO_NOT_FOUND: ['Photos come about a second late. Try again in a moment.', '照片通常晚约一秒，请稍后重试。'],
  RATE_LIMITED: ['Wait a few seconds, then try again.', '请等待几秒后重试。'],
  VENDOR_FAULT: [
    'A fault at Tencent. Try again later; quote the serial number if it stays so.',
    '腾讯云系统异常，请稍后重试；持续出现请提供流水号。',
  ],
  VENDOR_CODE_UNKNOWN: [
    'Tencent returned a code that this version does not know. Tell the developers the code.',
    '腾讯云返回了未收录的错误码，请告知开发人员。',
  ],
  RESPONSE_MALFORMED: [
    'The response was not as documented. Try again; tell the developers if it stays so.',
    '响应不符合文档，请重试；持续出现请告知开发人员。',
  ],
  RESPONSE_TOO_LARGE: [
    'The response was larger than this server accepts. Tell the developers.',
    '响应超过本服务的上限，请告知开发人员。',
  ],
  UNREACHABLE: [
    'Tencent cannot be reached from this server. Operators: check network and proxy.',
    '服务器无法连接腾讯云，请运维检查网络和代理。',
  ],
  TIMEOUT: ['Tencent did not respond in time. Try again.', '腾讯云未及时响应，请重试。'],
  NO_VALID_TICKET: [
    'This server has no valid credentials at the moment. Look at the view “Credentials”.',
    '服务器暂无有效凭证，请查看“凭证”页面。',
  ],
  CREDENTIALS_REJECTED: [
    'Tencent rejected the credentials. Operators: check app id and secret, and whether another program refreshes.',
    '腾讯云拒绝了凭证，请运维检查 app id、密钥，以及是否有其他程序在刷新。',
  ],
  401: ['Enter a valid API key above.', '请在上方输入有效的 API 密钥。'],
  403: ['Your key does not have the scope for this. Ask the operator.', '当前密钥没有此权限，请联系管理员。'],
  404: ['There is no such order for your key.', '当前密钥下没有此订单。'],
  429: ['Too many requests with this key. Wait a moment.', '该密钥的请求过多，请稍候。'],
  500: ['A fault of this server. Its log has the details.', '本服务异常，详见服务器日志。'],
  503: ['This server cannot do that at the moment. Try again later.', '服务暂不可用，请稍后重试。'],
};

const KEPT = 'console-language';
let language = localStorage.getItem(KEPT) ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

export function currentLanguage() {
  return language;
}

export function useLanguage(value) {
  language = value;
  localStorage.setItem(KEPT, value);
}

/** A text in the current language. */
export function t(name) {
  const text = TEXTS[name];
  return text ? text[language === 'zh' ? 1 : 0] : name;
}

/** The one of two texts that is in the current language. */
export function either({ en, zh }) {
  return language === 'zh' ? zh : en;
}

export function adviceFor({ status, body }) {
  const advice = ADVICE[body.code] ?? ADVICE[status] ?? ADVICE[status >= 500 ? 503 : 404];
  return advice[language === 'zh' ? 1 : 0];
}

export function dateTime(value) {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  return new Date(value).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium' });
}

export function clockTime(value) {
  return new Date(value).toLocaleTimeString(language === 'zh' ? 'zh-CN' : 'en-GB');
}

/** A span of time, e.g. `4 min 12 s`. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const units = language === 'zh' ? ['小时', '分', '秒'] : ['h', 'min', 's'];
  const parts = hours > 0 ? [hours, minutes] : [minutes, seconds % 60];
  const [first, second] = hours > 0 ? units : units.slice(1);
  if (parts[0] === 0) return `${parts[1]} ${second}`;
  return parts[1] === 0 ? `${parts[0]} ${first}` : `${parts[0]} ${first} ${parts[1]} ${second}`;
}
