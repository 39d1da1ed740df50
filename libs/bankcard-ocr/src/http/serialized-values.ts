import { Exclude, Expose } from 'class-transformer';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { SdkLaunch } from '../sdk/sdk-launch.js';

/** What `ClassSerializerInterceptor` shows of the library's own objects, under `excludeExtraneousValues` too. */
const SHOWN = [
  [CardNumber, ['masked']],
  [CardPhoto, ['kind', 'mediaType', 'size']],
  [ExtraFields, ['count']],
  [SdkLaunch, ['appId', 'version', 'nonce', 'userId', 'orderNo', 'sign', 'expiresInMs']],
] as const;

for (const [{ prototype }, names] of SHOWN) for (const name of names) Expose()(prototype, name);
// It distinguishes values inside this process and has no meaning outside.
for (const { prototype } of [CardNumber, CardPhoto, ExtraFields])
  Exclude({ toPlainOnly: true })(prototype, 'equalityTag');
