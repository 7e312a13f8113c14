import { styleText } from 'node:util'

const zeroWidth = /^[\p{M}\p{Cf}]$/u
const twoWide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u

const steering = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Text from elsewhere as one line that cannot steer the terminal: control characters and turns of direction become a space. */
export const oneLine = (text: string): string => text.replaceAll(steering, ' ')

/** The same for a text of several lines. */
export const manyLines = (text: string): string => text.split('\n').map(oneLine).join('\n')

/** How many columns a terminal takes for it. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const letter of text) width += zeroWidth.test(letter) ? 0 : twoWide.test(letter) ? 2 : 1
  return width
}

/** Filled up to a width, or cut to it with an ellipsis. */
export const toWidth = (text: string, width: number): string => {
  const missing = width - widthOf(text)
  if (missing >= 0) return text + ' '.repeat(missing)
  let cut = ''
  for (const letter of text) {
    if (widthOf(cut + letter) >= width) break
    cut += letter
  }
  return toWidth(`${cut}…`, width)
}

/** In colour where stdout is a terminal that wants some (NO_COLOR). */
export const painted = (style: 'bold' | 'red' | 'green' | 'yellow' | 'dim', text: string): string =>
  styleText(style, text, { stream: process.stdout })

/** `1 app`, `2 apps`. */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
