import { expect, test } from 'vitest'
import { fieldLines, openTable } from './table.ts'
import { widthOf } from './terminal-text.ts'

interface Row {
  app: string
  name: string
}
const columns = [
  { head: 'APP', of: (row: Row) => row.app },
  { head: 'NAME', of: (row: Row) => row.name },
]
const rows = [
  { app: 'shop', name: 'The Shop' },
  { app: 'com.example.news', name: '新聞' },
]

test('columns are as wide as what is in them', () => {
  expect(openTable(columns, 200).lines(rows)).toEqual([
    'APP               NAME',
    'shop              The Shop',
    'com.example.news  新聞',
  ])
})

test('the widest column is cut where the terminal is narrow, by columns and not by letters', () => {
  const lines = openTable(columns, 20).lines([...rows, { app: 'x', name: '新聞'.repeat(20) }])
  expect(lines[2]).toMatch(/^com\.\S*…/)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(20)
})

test('heads come once, and columns never narrow again', () => {
  const table = openTable(columns, 200)
  table.lines(rows)
  expect(table.lines([{ app: 'a', name: 'b' }])).toEqual(['a                 b'])
})

test('what apps are called cannot steer the terminal', () => {
  const [, line] = openTable(columns, 200).lines([{ app: 'x', name: 'a\u001b[2Jb\nc\u0007\u202e' }])
  expect(line).toBe('x    a [2Jb c')
  expect(fieldLines([['name', 'a\u001b[2J']])).toBe('name  a [2J')
})

test('fields without a value are left out', () => {
  expect(
    fieldLines([
      ['appId', 'shop'],
      ['extends', null],
      ['n', 0],
    ]),
  ).toBe('appId  shop\nn      0')
})
