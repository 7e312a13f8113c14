import { askPostgres } from '../tests/stores/ask.ts'
import { atMost, number, printTable, say } from './report.ts'

/** Bytes on disk of a row of an app, with its part of the page and of the index. */
export interface RowSizes {
  minute: number
  hour: number
  day: number
  /** All rows of one scope above apps, such as a template, in an hour and in a day. */
  aboveHour: number
  aboveDay: number
  aboveMinute: number
}

const levels = ['minute', 'hour', 'day'] as const

/** Of what was seeded: the heap is divided by the rows of apps, without what scopes above them keep out of line. */
export const measureRows = async (databaseUrl: string): Promise<RowSizes> => {
  const sizes: Record<string, number> = {}
  for (const level of levels) {
    const [row] = await askPostgres(
      databaseUrl,
      `with parts as (select inhrelid as oid from pg_inherits where inhparent = 'rollups_${level}'::regclass),
        sizes as (select sum(pg_relation_size(oid)) as heap, sum(pg_indexes_size(oid)) as indexes from parts),
        counted as (select count(*) filter (where scope !~ '[*#]') as apps, count(*) as all,
          sum(octet_length(body) + octet_length(sketch)) filter (where scope ~ '[*#]' and octet_length(body) + octet_length(sketch) < 1900) as inline,
          sum(octet_length(body) + octet_length(sketch)) filter (where scope ~ '[*#]') as above,
          count(distinct at) filter (where scope ~ '[*#]') as times, count(distinct scope) filter (where scope ~ '[*]$') as scopes
          from rollups_${level})
       select (heap - coalesce(inline, 0))::float8 / apps + indexes::float8 / "all" as row, above::float8 / times / scopes as above
       from sizes, counted`,
      600_000,
    )
    sizes[level] = Number(row?.row)
    sizes[`above${level}`] = Number(row?.above)
  }
  return {
    minute: sizes.minute ?? 0,
    hour: sizes.hour ?? 0,
    day: sizes.day ?? 0,
    aboveMinute: sizes.aboveminute ?? 0,
    aboveHour: sizes.abovehour ?? 0,
    aboveDay: sizes.aboveday ?? 0,
  }
}

const apps = 10_000
const templates = 10
/** What is on disk at a time: today, and the days before that the settings keep; of days a year. */
const kept = { minute: 1.5, hour: 90.5, day: 365 }
const targetGigabytes = 20

/** What a year of 10,000 apps takes, from what the rows of 1,000 apps took. */
export const printYear = (
  sizes: RowSizes,
  profile: { devices: number; devicesADay: number; requestsADay: number },
): void => {
  const { devices, devicesADay, requestsADay } = profile
  const busyMinutes = 1_440 * (1 - Math.exp(-requestsADay / 1_440))
  const rowsOf = { minute: busyMinutes, hour: 24, day: 1 }
  const aboveOf = { minute: sizes.aboveMinute, hour: sizes.aboveHour, day: sizes.aboveDay }
  const perDay = { minute: 1_440, hour: 24, day: 1 }
  let all = 0
  const rows = levels.map((level) => {
    const count = apps * rowsOf[level] * kept[level]
    const above = (templates + 1) * aboveOf[level] * perDay[level] * kept[level]
    const gigabytes = (count * sizes[level] + above) / 1e9
    all += gigabytes
    return [
      level,
      number(sizes[level]),
      number(rowsOf[level], 1),
      number(kept[level], 1),
      number(count / 1e6, 1),
      number(above / 1e9, 2),
      number(gigabytes, 1),
    ]
  })
  printTable(
    `A year of ${number(apps)} apps below ${templates} templates; each has ${number(devices)} devices, ${devicesADay} of them a day, which fetch ${number(requestsADay)} times`,
    ['by the', 'bytes a row', 'rows an app and day', 'days kept', 'million rows', 'GB above apps', 'GB'],
    [
      ...rows,
      ['together', '', '', '', '', '', `${number(all, 1)}   ${say(atMost(all, targetGigabytes, 'GB'))}`],
    ],
  )
}
