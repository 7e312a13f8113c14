/** One block of a stream of server-sent events. */
export interface Told {
  id?: number
  retry?: number
  event?: string
  data?: Record<string, unknown>
  /** A comment. */
  isBeat?: true
}

const parseBlock = (block: string): Told => {
  const told: Told = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
    if (field === '') told.isBeat = true
    if (field === 'id') told.id = Number(value)
    if (field === 'retry') told.retry = Number(value)
    if (field === 'event') told.event = value
    if (field === 'data') told.data = JSON.parse(value)
  }
  return told
}

/** Cuts the blocks off that are whole; the rest of the text is kept for the next time. */
export const parseEvents = () => {
  let rest = ''
  return (text: string): Told[] => {
    const blocks = `${rest}${text}`.split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.map(parseBlock)
  }
}
