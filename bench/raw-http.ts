import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** Answers that were taken from Parasol, to be given again by bare node:http. */
export interface RawAnswers {
  path: string
  /** By Accept-Encoding; '' for none. */
  codings: Record<string, { etag: string; full: string[]; unchanged: string[]; file: string }>
}

/** The floor of what any server on Node can cost: the same bytes and headers, one look into a map, nothing else. */
const main = (answersFile: string, port: number): void => {
  const answers: RawAnswers = JSON.parse(readFileSync(answersFile, 'utf8'))
  const ready = new Map(
    Object.entries(answers.codings).map(([coding, answer]) => {
      const bytes = readFileSync(answer.file)
      // As Parasol does: text goes to the socket in one write with the head.
      return [coding, { ...answer, body: coding === '' ? bytes.toString() : bytes }]
    }),
  )
  const server = createServer({ noDelay: true }, (request, response) => {
    const answer = ready.get(String(request.headers['accept-encoding'] ?? ''))
    if (!answer || request.url !== answers.path) {
      response.writeHead(404).end()
    } else if (request.headers['if-none-match'] === answer.etag) {
      response.writeHead(304, answer.unchanged).end()
    } else {
      response.writeHead(200, answer.full).end(answer.body)
    }
  })
  server.listen(port, '127.0.0.1')
}

if (import.meta.main) main(process.argv[2] ?? '', Number(process.argv[3]))
