import { z } from 'zod';
import { EMAIL_MAX_CHARACTERS, IMAGE_MAX_CHARACTERS, NAME_MAX_CODE_POINTS } from './limits.ts';
import { isStorable } from './text.ts';
import { text } from './values.ts';

const name = text(NAME_MAX_CODE_POINTS).schema;

const wrongImage = 'must be an address such as https://example.com/ada.png';
const image = z
  .url({ protocol: /^https?$/, error: wrongImage })
  .max(IMAGE_MAX_CHARACTERS, `must have at most ${IMAGE_MAX_CHARACTERS.toLocaleString('en')} characters`)
  .refine(isStorable, wrongImage);

/** What a sign-up must keep to before Better Auth reads it. */
export const newAccount = z.looseObject({
  name,
  email: z.string().max(EMAIL_MAX_CHARACTERS, `must have at most ${EMAIL_MAX_CHARACTERS} characters`).refine(isStorable, 'must be an e-mail address'),
  password: z.string(),
  image: image.optional(),
});

/** The same for a change of an account. Null removes the image. */
export const accountChange = z.looseObject({ name: name.optional(), image: image.nullish() });
