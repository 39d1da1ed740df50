import type { OptionName } from '../../libs/bankcard-ocr/src/options/option-table.js';

/** An option in Chinese, for docs/configuration.zh-CN.md. */
export interface ChineseOption {
  readonly text: string;
  /** Its default, where that is none of the values. */
  readonly default?: string;
}

/** What the comments of the options say, in Chinese: the compiler misses the row of a new option. */
export const CHINESE_OPTIONS: Readonly<Record<OptionName, ChineseOption>> = {
  appId: { text: '腾讯云分配的 app id。' },
  secret: { text: 'app id 对应的密钥，64 位。' },
  baseUrl: { text: '腾讯云地址，必须是 `https`，本机地址可以用 `http`；可带路径前缀。' },
  allowInsecureHttp: { text: '允许对非本机地址使用明文 `http`：密钥和卡号都会以明文传输。' },
  appIdFields: {
    text: '各接口里 app id 的参数名，与该地址的官方文档不同时填写：`app_id`、`appId` 或 `webankAppId`。',
    default: '按 `baseUrl` 地址的官方文档；未知地址同 `kyc1.qcloud.com`',
  },
  protocolVersion: { text: '每个请求的 `version` 参数，1 到 20 个字符。' },
  paths: { text: '自定义接口路径，没写的保持官方文档的路径。' },
  ticketStore: {
    text: '凭证存放在哪里，重启就不必刷新，进程之间也不会互相作废 ticket：`memory:`（仅本进程）、`file:/目录`（同一台机器的所有进程）、`redis://host:6379/0` 或 `rediss://…`（任意多台机器），或者你自己的 {@link TicketStore}，例如用自有客户端的 `RedisTicketStore`，由你自己关闭。',
    default: '本机地址为 `memory:`，其他地址必填',
  },
  storeEncryptionKey: {
    text: '用 AES-256-GCM 加密存放的凭证：32 字节，写成 64 位十六进制或 Base64，所有进程必须相同。用别的密钥加密的内容会被丢弃并重新获取。',
    default: '无，明文存放',
  },
  role: { text: '`reader` 从不自己获取凭证，只用 `refresher` 写进同一处存储的凭证。' },
  refreshIntervalMs: { text: '刷新间隔。腾讯云建议 20 分钟。' },
  ticketOverlapMs: {
    text: '刷新后旧的 token 和 ticket 还能用多久：这是腾讯云的规则，只有沙箱才会更短。读共享存储的频率、租约时长、强制刷新的间隔都由它推算。',
  },
  verifyWindowMs: {
    text: '被替换的 SIGN ticket 还保留多久，用来校验手机晚到的回传；不会再用它签名。',
    default: '一个刷新间隔，且不短于该 ticket 原本的有效期',
  },
  backgroundRefresh: { text: '定时刷新，没有查询时也刷新。一次性脚本里关掉它。' },
  timeoutMs: { text: '一次调用的总时限：等 ticket、等连接、各次尝试、间隔、等照片、写照片所花的时间都算。' },
  attemptTimeoutMs: { text: '单个请求的时限，含读完响应，不含写照片所花的时间。' },
  maxAttempts: { text: '一次查询最多发几个请求；换新凭证后的重发不计。' },
  waitForPhotosMs: { text: '照片一张都没到时继续等多久；0 表示只问一次。' },
  waitForResultMs: { text: '腾讯云还没有该订单的结果时继续等多久；0 表示半秒后只再查一次。' },
  transport: {
    text: '请求怎么发：`undici` 无需另装包，开销只有另一种的零头；`http-service` 能让挂在 Node 自带客户端上的 mock 照常工作，但要安装`@nestjs/axios` 和 `axios`。两者都不会出现在链路追踪里，否则 URL 中的密钥会随之导出。设置了 `httpService` 时默认为 `http-service`。',
  },
  httpService: {
    text: '换成你自己的 `HttpService`，只能配合 `http-service`。有泄密风险：它的拦截器和日志看得到 URL，也就看得到密钥、token 和签名。它自带的 agent 或代理会原样使用，这时 TLS、代理和证书都由它自己负责。用 `axios.create()` 创建的实例还会把 `axios.defaults`里的请求头、`auth` 和 `params` 发给腾讯云。',
    default: '本模块专用的实例',
  },
  proxy: {
    text: '访问腾讯云的代理，`http` 或 `https`，例如 `http://user:password@proxy:3128`；`none` 表示不走代理。本机地址不受环境变量里的代理影响。',
    default: '环境变量 `HTTPS_PROXY`、`HTTP_PROXY`、`ALL_PROXY`、`NO_PROXY`',
  },
  ca: { text: 'PEM 格式的证书，会*取代* Node 自带的列表。TLS 不低于 1.2，证书一定校验。', default: 'Node 自带的列表' },
  connectTimeoutMs: {
    text: '建立连接的时限：主机的所有地址、`CONNECT` 和 TLS 握手合计。有多个地址时，每过三分之一的时限换下一个。',
  },
  maxConnections: { text: '每个地址同时使用的连接数，超出的请求排队。' },
  maxConnectionAgeMs: {
    text: '连接最多复用多久（毫秒）：即使流量不断，DNS 变更也能被发现。响应表明连到了错误的服务器时立即弃用。进行中的请求不会被切断。',
  },
  maxResponseBytes: { text: '响应大小上限（字节），边接收边计，解压前后都算。除照片外，响应不得超过 256 KiB。' },
  warningPolicy: {
    text: '如何对待腾讯云的告警：`report` 随卡一起返回；`strict` 拒绝复印件、翻拍件和过期的卡；也可以给一个函数，逐条决定。腾讯云自己一律放行。',
  },
  assumedVendorRetentionMs: { text: '腾讯云保留结果和照片多久。三天只是假定值：官方文档只在人脸产品里写了。' },
  vendorCodeOverrides: { text: '覆盖腾讯云错误码表的某几行，或某行的部分字段；键是腾讯云错误码。', default: '无' },
  recognitionBaseUrl: {
    text: '图片发往哪个地址。',
    default: '用 idasc.webank.com 时为 `https://ida.webank.com`，否则同 `baseUrl`',
  },
  recognitionTimeoutMs: { text: '发送一张图片并读完响应的时限；发出去的图片不会重发，所以比 `attemptTimeoutMs` 长。' },
  imageTypes: { text: '允许发送的图片类型（媒体类型），按文件头判断；GIF 和 WebP 也能认出来。' },
  clock: { text: '换一个时间来源，测试用。', default: '系统时钟' },
  telemetry: {
    text: 'span 和指标的去处：`nestjs-bankcard-ocr/telemetry` 的 `openTelemetry()`，也可以是多个组成的数组。',
    default: '无',
  },
};
