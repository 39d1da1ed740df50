/** Every failure code of protocol.md section 6, typed in for the sandbox: a spec compares it with the library's. */
export const SANDBOX_CODES = [
  { code: '15', msg: 'access_token已失效', msgEn: 'token expired' },
  { code: '400101', msg: '不合法请求', msgEn: 'signature check failed, or a malformed request' },
  { code: '1', msg: '请求非法', msgEn: 'illegal request' },
  { code: '2', msg: '请求参数错误', msgEn: 'missing or wrong parameter' },
  { code: '3', msg: '业务规则校验不通过', msgEn: 'against a business rule' },
  { code: '4', msg: '系统异常', msgEn: 'fault of the vendor system (4)' },
  { code: '6', msg: '系统处理异常', msgEn: 'fault of the vendor system (6)' },
  { code: '7', msg: '系统调用异常', msgEn: 'fault of the vendor system (7)' },
  { code: '8', msg: '数据存储异常', msgEn: 'storage fault (8)' },
  { code: '9', msg: '数据更新异常', msgEn: 'storage fault (9)' },
  { code: '10', msg: '文件读取异常', msgEn: 'file fault (10)' },
  { code: '11', msg: '文件写入异常', msgEn: 'file fault (11)' },
  { code: '12', msg: '文件处理异常', msgEn: 'file fault (12)' },
  { code: '13', msg: '缓存异常', msgEn: 'cache fault' },
  { code: '5', msg: '未查询到数据', msgEn: 'no data found' },
  { code: '14', msg: '请求已处理完成', msgEn: 'already completed' },
  { code: '400102', msg: '登录态丢失', msgEn: 'login state lost' },
  { code: '400103', msg: '拒绝访问', msgEn: 'access denied' },
  { code: '400104', msg: '没有权限', msgEn: 'no privilege' },
  { code: '400105', msg: '身份校验失败', msgEn: 'identity check failed' },
  { code: '400501', msg: 'TPS超过限制', msgEn: 'TPS limit' },
  { code: '400502', msg: '请求版本号错误', msgEn: 'bad version parameter' },
  { code: '400503', msg: '文件哈希不一致', msgEn: 'file hash wrong' },
  { code: '400504', msg: '请求过于频繁', msgEn: 'too frequent' },
  { code: '400506', msg: '并发数超过限制', msgEn: 'concurrency limit of the app id' },
  { code: '400601', msg: '请求体过大', msgEn: 'body too large' },
  { code: '999999', msg: '系统内部错误', msgEn: 'internal error' },
  { code: '999998', msg: '前置系统错误', msgEn: 'front error' },
  { code: '999997', msg: '服务超时', msgEn: 'time-out' },
  { code: '66660021', msg: '系统超时', msgEn: 'system time-out' },
  { code: '300101', msg: '加解密失败', msgEn: 'encryption or decryption failed' },
  { code: '66660000', msg: '订单号长度不能超过32位', msgEn: 'order number longer than 32' },
  { code: '-1304', msg: '订单号长度超限', msgEn: 'order number longer than 32' },
  { code: '66660001', msg: 'app_id不存在', msgEn: 'app id does not exist' },
  { code: '66660002', msg: '合约已过期', msgEn: 'contract expired' },
  { code: '66660011', msg: '无查询结果', msgEn: 'no such result' },
  { code: '66660020', msg: '查询结果不存在', msgEn: 'no such result for this order number' },
  { code: '66660030', msg: '不支持的业务类型', msgEn: 'service type not supported' },
  { code: '-9011', msg: '银行卡识别失败', msgEn: 'card not recognized' },
  { code: '-9012', msg: '照片模糊', msgEn: 'photo blurred' },
  { code: '-9013', msg: '照片不是银行卡', msgEn: 'not a bank card' },
  { code: '-9014', msg: '银行卡信息不合法', msgEn: 'card information illegal (number, glare, cover)' },
] as const;

const MESSAGES = new Map<string, string>(SANDBOX_CODES.map(({ code, msg }) => [code, msg]));

export function messageOfCode(code: string): string {
  if (code === '0') return '请求成功';
  return MESSAGES.get(code) ?? `未知错误${code}`;
}

/** Every warning code of protocol.md section 6: the recognition succeeded all the same, the partner decides. */
export const SANDBOX_WARNINGS = [
  { code: '-9110', msg: '银行卡有效日期无效', msgEn: 'invalid date' },
  { code: '-9111', msg: '银行卡边框不完整', msgEn: 'border incomplete' },
  { code: '-9112', msg: '银行卡图片反光', msgEn: 'glare' },
  { code: '-9113', msg: '银行卡复印件', msgEn: 'photocopy' },
  { code: '-9114', msg: '银行卡翻拍件', msgEn: 'photo of a screen' },
  { code: '66661009', msg: '银行卡已过期', msgEn: 'card expired' },
] as const;
