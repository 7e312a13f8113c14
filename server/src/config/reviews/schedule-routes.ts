import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { cancelSchedule } from './cancel-schedule.ts'
import { listSchedules } from './list-schedules.ts'
import { scheduleRelease } from './schedule-release.ts'

export const addScheduleRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.scheduleRelease, (input) =>
    change(input, (scope) => scheduleRelease(scope, input.params.appId, input.body)),
  )
  bind(on.listSchedules, async ({ query, actor }) => jsonResponse(await listSchedules({ db, actor }, query)))
  bind(on.cancelSchedule, (input) => change(input, (scope) => cancelSchedule(scope, input.params.scheduleId)))
}
