import type { Counting, Visit } from './counting.ts'

/** Counts an answer, and answers with it. */
export const countAnswer = (
  counting: Counting,
  request: Request,
  visit: Visit,
  response: Response,
  beganAt: number,
): Response => {
  counting.count(request, visit, response.status, response, beganAt)
  return response
}
