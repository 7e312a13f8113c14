/**
 * The names that a header such as Connection lists (RFC 9110 §5.6.1), in lower case. Strangers choose how much white space there is, so
 * no pattern looks for it.
 */
export const listedNames = (value: string | null | undefined): readonly string[] =>
  value
    ? value
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())
    : []
