/** The variable that holds a SIGN ticket for `sign --explain`. */
export const EXPLAIN_TICKET = 'BANKCARD_OCR_EXPLAIN_TICKET';
/** The variable that holds a NONCE ticket for `sign --explain`. */
export const EXPLAIN_NONCE_TICKET = 'BANKCARD_OCR_EXPLAIN_NONCE_TICKET';
