/** JPEG, PNG, BMP: what the vendor's sibling API documents (protocol.md section 2). */
const BEGINNINGS = ['ffd8ff', '89504e470d0a1a0a', '424d'];

/** Whether Base64 begins as a picture does. */
export function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}
