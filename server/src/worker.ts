import { run, tellAndEnd } from './main.ts'
import { followParent } from './platform/workers/follow-parent.ts'
import { environment, readSettings } from './settings.ts'

// One of the processes that PARASOL_WORKERS asks for, started by main.ts.
followParent()
try {
  await run(readSettings(environment()))
} catch (error) {
  tellAndEnd(error)
}
