import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import {
  acceptEncoding,
  type Coding,
  type Contestant,
  startNginx,
  startParasolWithDocument,
  startRawHttp,
  takeAnswers,
} from './contestants.ts'
import { exchange } from './exchange.ts'
import { cpuSeconds } from './machine.ts'
import type { Options } from './options.ts'
import { atLeast, median, number, printTable, progress, say, type Verdict } from './report.ts'
import { type LoadResult, loadWithWrk } from './wrk.ts'

export interface Kind {
  title: string
  status: 200 | 304
  coding: Coding
}

const kinds: readonly Kind[] = [
  { title: '200', status: 200, coding: '' },
  { title: '200 br', status: 200, coding: 'br' },
  { title: '304', status: 304, coding: '' },
]

/** Issue 2, as shares of nginx's requests a second. */
const targets: Record<string, Record<number, number>> = {
  'Parasol on Node': { 200: 0.4, 304: 0.45 },
  'Parasol on Bun': { 200: 0.65, 304: 0.6 },
}

/** One contestant's answers of one kind, as they should be. */
interface Expectation {
  headers: Record<string, string>
  bytes: number
}

interface Round extends LoadResult {
  /** Of one core. */
  cpuShare: number
  perCpuSecond: number
}

export interface HttpResult {
  kind: string
  contestant: string
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Median of the rounds' ratios, because the contestants of one round met the same noise. */
  ofNginx: number
  ofNginxPerCpuSecond: number
  cpuShare: number
  unexpected: number
  rounds: Round[]
}

const expect = async (contestant: Contestant, { status, coding }: Kind): Promise<Expectation> => {
  const accept = { ...acceptEncoding(coding), ...contestant.headers }
  // The first read fills caches; its answer may come in chunks.
  await exchange(contestant.url(coding), accept).catch(() => {})
  const full = await exchange(contestant.url(coding), accept)
  const headers = status === 304 ? { ...accept, 'If-None-Match': full.headers.etag ?? '' } : accept
  const answer = await exchange(contestant.url(coding), headers)
  if (answer.status !== status) throw new Error(`${contestant.name} answers ${answer.status}, not ${status}`)
  if (coding && answer.headers['content-encoding'] !== coding)
    throw new Error(`${contestant.name}: no ${coding}`)
  return { headers, bytes: answer.bytes }
}

const measureRound = async (
  contestant: Contestant,
  kind: Kind,
  expected: Expectation,
  options: Options,
): Promise<Round> => {
  const before = cpuSeconds(contestant.pid)
  const load = { url: contestant.url(kind.coding), headers: expected.headers, ...options }
  const result = await loadWithWrk(load)
  const cpu = cpuSeconds(contestant.pid) - before
  // Every answer of a contestant has the same size: another mean size means that other answers were among them.
  const isOff = Math.abs(result.bytesPerAnswer - expected.bytes) > expected.bytes * 0.01
  const unexpected = result.failures + (isOff ? result.requests : 0)
  return { ...result, unexpected, cpuShare: cpu / options.seconds, perCpuSecond: result.requests / cpu }
}

/** Loads each in turn, round by round; ratios are to the contestant called `baseline`. */
export const measureKind = async (
  contestants: readonly Contestant[],
  kind: Kind,
  options: Options & { baseline: string },
): Promise<HttpResult[]> => {
  const rounds = new Map<Contestant, Round[]>()
  const others = new Map<Contestant, number>()
  const expectations = new Map<Contestant, Expectation>()
  for (const contestant of contestants) {
    progress(`http: ${kind.title}: warming up ${contestant.name}`)
    const expected = await expect(contestant, kind)
    const load = { url: contestant.url(kind.coding), headers: expected.headers, ...options }
    const counted = await loadWithWrk({ ...load, countOtherThan: kind.status })
    await loadWithWrk(load)
    expectations.set(contestant, expected)
    others.set(contestant, counted.unexpected + counted.failures)
    rounds.set(contestant, [])
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    progress(`http: ${kind.title}: round ${round} of ${options.rounds}`)
    for (const [contestant, expected] of expectations) {
      rounds.get(contestant)?.push(await measureRound(contestant, kind, expected, options))
    }
  }
  const nginx = [...rounds].find(([contestant]) => contestant.name === options.baseline)?.[1] ?? []
  return [...rounds].map(([contestant, own]) =>
    summarize(kind, contestant.name, own, nginx, others.get(contestant) ?? 0),
  )
}

const summarize = (
  kind: Kind,
  contestant: string,
  own: Round[],
  nginx: Round[],
  others: number,
): HttpResult => {
  const of = (pick: (round: Round) => number): number => median(own.map(pick))
  const ratio = (pick: (round: Round) => number): number =>
    median(own.map((round, at) => pick(round) / (nginx[at] ? pick(nginx[at]) : Number.NaN)))
  return {
    kind: kind.title,
    contestant,
    perSecond: of((round) => round.perSecond),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    ofNginx: ratio((round) => round.perSecond),
    ofNginxPerCpuSecond: ratio((round) => round.perCpuSecond),
    cpuShare: of((round) => round.cpuShare),
    unexpected: others + own.reduce((sum, round) => sum + round.unexpected, 0),
    rounds: own,
  }
}

const verdictOf = ({ kind, contestant, ofNginx }: HttpResult): Verdict | undefined => {
  const target = targets[contestant]?.[Number.parseInt(kind, 10)]
  return target === undefined || kind.includes('br') ? undefined : atLeast(ofNginx, target, 'x')
}

export const columns = [
  ...['answer', 'contestant', 'requests/s', 'p50 ms', 'p99 ms', 'x nginx'],
  ...['x nginx by CPU', 'core', 'unexpected', 'target'],
]

export const toRow = (result: HttpResult, verdict: Verdict | undefined): string[] => [
  `${result.kind.padEnd(6)}   ${result.contestant}`,
  number(result.perSecond),
  number(result.p50Ms, 2),
  number(result.p99Ms, 2),
  number(result.ofNginx, 2),
  number(result.ofNginxPerCpuSecond, 2),
  `${number(result.cpuShare * 100)} %`,
  number(result.unexpected),
  say(verdict),
]

const startAll = async (folder: string): Promise<Contestant[]> => {
  const node = await startParasolWithDocument('node', folder)
  const bun = await startParasolWithDocument('bun', folder)
  const answers = await takeAnswers(node)
  const raw = await startRawHttp(node, answers, folder)
  return [node, bun, raw, await startNginx(answers, folder)]
}

/** Cached reads and revalidations: Parasol on both runtimes beside bare node:http and nginx, interleaved. */
export const measureHttp = async (options: Options): Promise<HttpResult[]> => {
  const folder = freshFolder('bench')
  progress('http: starting the contestants')
  const contestants = await startAll(folder)
  const results: HttpResult[] = []
  try {
    for (const kind of kinds)
      results.push(...(await measureKind(contestants, kind, { ...options, baseline: 'nginx static' })))
  } finally {
    for (const contestant of contestants) await contestant.stop()
    removeFolder(folder)
  }
  const [, ...rest] = columns
  printTable(
    `Cached reads of one document of 50 keys; medians of ${options.rounds} interleaved rounds of ${options.seconds} s, ${options.connections} connections`,
    ['answer   contestant', ...rest.slice(1)],
    results.map((result) => toRow(result, verdictOf(result))),
  )
  return results
}
