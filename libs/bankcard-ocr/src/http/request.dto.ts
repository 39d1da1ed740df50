import { Matches } from 'class-validator';
import { RESULT_SIGNATURE } from '../sdk/sdk-launch.js';
import { Described, Id, IsQueryFlag } from './dto-members.js';

/** The order number of a route, for `@Param()`: `@nestjs/swagger` makes a path parameter of every member. */
export class OrderNoParamsDto {
  @Id('The order number that was given to the phone SDK')
  orderNo!: string;
}

/** Whether a client asks for photos, `?photos=true`; for `@Query()` under `ValidationPipe({ transform: true })`. */
export class PhotosQueryDto {
  @IsQueryFlag()
  @Described({ required: false, type: () => Boolean, description: 'Ask for the photos too', default: false })
  photos?: boolean | undefined;
}

/** The text fields beside an image in a multipart form; under `ValidationPipe({ whitelist: true })`. */
export class RecognizeBankCardDto {
  @Id('A new order number; one is made when there is none', false)
  orderNo?: string | undefined;

  @Id('Whose card it is', false)
  userId?: string | undefined;
}

/** What a client says to have a launch of the phone SDK made; for `@Body()` under `ValidationPipe({ whitelist: true })`. */
export class CreateSdkLaunchDto {
  /** 1 to 32 ASCII letters and digits. Where the user has logged in, take it from there instead. */
  @Id('The user of the phone; another one for every user')
  userId!: string;

  @Id('A new order number; one is made when there is none', false)
  orderNo?: string | undefined;
}

const SIGNATURE = { pattern: RESULT_SIGNATURE.source, minLength: 40, maxLength: 40 };

/** What an app reports about a result of the phone SDK; for `@Body()` under `ValidationPipe({ whitelist: true })`. */
export class VerifySdkResultDto {
  @Id('The order number of the launch')
  orderNo!: string;

  @Matches(RESULT_SIGNATURE, { message: '$property must be 40 hexadecimal digits' })
  @Described({ description: 'The signature that the phone SDK handed back', ...SIGNATURE })
  sign!: string;
}
