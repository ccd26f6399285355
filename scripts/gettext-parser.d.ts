/** The part of gettext-parser that is used here; the package has no types of its own. */
declare module 'gettext-parser' {
  interface Entry {
    msgid: string
    msgctxt?: string
    msgid_plural?: string
    msgstr: string[]
    comments?: { translator?: string; reference?: string; extracted?: string; flag?: string; previous?: string }
  }
  type Entries = Record<string, Record<string, Entry>>
  interface Catalogue {
    charset: string
    headers: Record<string, string>
    translations: Entries
    obsolete?: Entries
  }
  export const po: {
    parse: (text: string | Buffer, options?: { validation?: boolean }) => Catalogue
    compile: (catalogue: Catalogue, options?: { foldLength?: number; sort?: boolean; escapeCharacters?: boolean }) => Buffer
  }
}
