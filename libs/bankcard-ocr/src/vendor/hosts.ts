/** How a request names the app id; hosts and their pages differ (protocol.md section 2). */
export type AppIdField = 'app_id' | 'appId' | 'webankAppId';

/** The name of the app id for each endpoint: in the query string, of `recognize` in the body. */
export interface AppIdFields {
  readonly accessToken: AppIdField;
  readonly apiTicket: AppIdField;
  readonly queryResult: AppIdField;
  readonly recognize: AppIdField;
}

interface HostProfile {
  readonly appIdFields: AppIdFields;
  /** Where images go, when that is another host. */
  readonly recognitionBaseUrl?: string;
}

const OLDER: AppIdFields = {
  accessToken: 'app_id',
  apiTicket: 'app_id',
  queryResult: 'app_id',
  recognize: 'webankAppId',
};
const NEWEST: AppIdFields = { accessToken: 'appId', apiTicket: 'appId', queryResult: 'app_id', recognize: 'appId' };

/** Oldest first (protocol.md section 1). */
const HOSTS: Readonly<Record<string, HostProfile>> = {
  'idasc.webank.com': { appIdFields: OLDER, recognitionBaseUrl: 'https://ida.webank.com' },
  'ida.webank.com': { appIdFields: OLDER },
  'kyc.qcloud.com': { appIdFields: OLDER },
  'miniprogram-kyc.tencentcloudapi.com': { appIdFields: OLDER },
  'kyc1.qcloud.com': { appIdFields: NEWEST },
};

/** @param host with its port, if it has one; a host that is not documented is taken for one like the newest */
export function hostProfile(host: string): HostProfile {
  const name = withoutRoot(host);
  return (Object.hasOwn(HOSTS, name) ? HOSTS[name] : undefined) ?? { appIdFields: NEWEST };
}

/** A dot at the end is the root of all names: the host is the same one. */
function withoutRoot(host: string): string {
  return host.replace(/\.$/, '');
}

/** What is printed at a start with the oldest host; the newest pages do not name it any more. */
export function hintForHost(host: string): string | undefined {
  if (withoutRoot(host) !== 'idasc.webank.com') return undefined;
  return (
    'idasc.webank.com is the oldest of the documented hosts; newer pages of Tencent name kyc.qcloud.com, ' +
    'miniprogram-kyc.tencentcloudapi.com and kyc1.qcloud.com (baseUrl, docs/hosts.md)'
  );
}
