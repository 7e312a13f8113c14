import type { AnswerFormat } from '../../../../contract/analytics.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import { apiSecurity } from '../../platform/http/security-headers.ts'
import { writeCsv } from './write-csv.ts'

interface Format {
  format: AnswerFormat | undefined
  request: Request
  /** Of the columns in CSV, in this order. */
  columns: readonly string[]
  /** Of the file, without its ending. */
  name: string
}

/** As the query says, or else the header Accept. */
const wantsCsv = ({ format, request }: Format): boolean =>
  format === undefined ? /^\s*text\/csv\b/i.test(request.headers.get('accept') ?? '') : format === 'csv'

/** An answer as JSON, or its rows alone as CSV, with the cursor of the next page in a header. */
export const writeAnswer = (
  answer: { nextCursor: string | null },
  rows: readonly object[],
  format: Format,
): Response => {
  if (!wantsCsv(format)) return jsonResponse(answer)
  return new Response(writeCsv(format.columns as never[], rows), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${format.name}.csv"`,
      'cache-control': 'no-store',
      ...(answer.nextCursor !== null && { 'parasol-next-cursor': answer.nextCursor }),
      ...apiSecurity,
    },
  })
}
