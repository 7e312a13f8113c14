import { expect, it } from 'vitest'
import { writeCsv } from './write-csv.ts'

it('quotes as RFC 4180 says, and leaves numbers as they are', () => {
  const rows = [
    { group: 'a,b', n: -1, share: null },
    { group: 'say "hi"\nthere', n: 2.5, share: true },
  ]
  expect(writeCsv(['group', 'n', 'share'], rows)).toBe(
    'group,n,share\r\n"a,b",-1,\r\n"say ""hi""\nthere",2.5,true\r\n',
  )
  expect(writeCsv(['group'], [])).toBe('group\r\n')
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\uff1d1+1'])(
  'lets no spreadsheet run %j',
  (group) => {
    const [, cell = ''] = writeCsv(['group'], [{ group }]).split('\r\n', 2)
    expect(cell.replace(/^"/, '').startsWith("'")).toBe(true)
  },
)

it('lets none run what stands behind what it may take for a separator', () => {
  const [, cell] = writeCsv(['group'], [{ group: 'a;=1+1' }]).split('\r\n', 2)
  expect(cell).toBe("a;'=1+1")
  expect(writeCsv(['group'], [{ group: 'a;b -1' }])).toContain('a;b -1\r\n')
})
