import type { FleetReleaseMade } from '../../../contract/fleet.ts'
import { exitCodes } from '../command.ts'
import { confirm } from '../output/confirm.ts'
import type { Print } from '../output/print.ts'
import { resultsText } from './results-text.ts'

export const fleetOptions = {
  'dry-run': { type: 'boolean', doc: 'tell what would happen to each app, and do nothing' },
  diffs: { type: 'boolean', doc: "show what each app's clients would see change" },
} as const

interface Given {
  'dry-run': boolean
  diffs: boolean
  yes: boolean
}

/**
 * Shows what would happen and asks, unless --yes says that it is known; then does it. Resolves with the exit code: a dry
 * run that finds apps refused is in conflict, as the release itself would be.
 */
export const carryOut = async (
  print: Print,
  given: Given,
  release: (dryRun: boolean) => Promise<FleetReleaseMade>,
): Promise<number> => {
  const show = (made: FleetReleaseMade): void =>
    print.document(made, () => resultsText(made, { withDiffs: given.diffs }))
  if (given['dry-run'] || !given.yes) {
    const plan = await release(true)
    const isRefused = plan.results.some(({ result }) => result === 'refused')
    if (given['dry-run'] || isRefused) {
      show(plan)
      return isRefused ? exitCodes.conflict : exitCodes.done
    }
    print.note(resultsText(plan, { withDiffs: given.diffs }))
    await confirm('Shall this be released?')
  }
  show(await release(false))
  return exitCodes.done
}
