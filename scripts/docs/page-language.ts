/** The languages that pages are written in. */
export type PageLanguage = 'en' | 'zh';

/** A text in both. */
export type InBoth = Readonly<Record<PageLanguage, string>>;
