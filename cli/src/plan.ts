import { defineAskingCommand } from './asking-command.ts'
import { exitCodes } from './command.ts'
import { placeIn, planFolder, withPlaces } from './fleet/plan-folder.ts'
import { summaryText } from './fleet/summary-text.ts'

export const command = defineAskingCommand({
  summary: 'Show what applying a folder of fleet files would create and change; do nothing.',
  details:
    'One JSON or YAML file an app; docs/fleet-files.md tells their form. Exit code 1 when something is refused.',
  takes: ['folder'],
  timeoutSeconds: 300,
  options: { 'exit-code': { type: 'boolean', doc: 'exit code 6 when there is something to do' } },
  examples: ['parasol plan fleet/', 'parasol plan fleet/ --exit-code || echo "not as in git"'],
  run: async ({ folder, 'exit-code': tellsToDo }, session) => {
    const { print } = session
    const { lines, summary, isNothingToDo } = await planFolder(session, folder)
    print.document(withPlaces(summary, lines), () =>
      isNothingToDo ? `Nothing to do: all is as ${folder} says.` : summaryText(summary, placeIn(lines)),
    )
    if (summary.refused > 0) return exitCodes.failed
    return tellsToDo && !isNothingToDo ? exitCodes.toDo : exitCodes.done
  },
})
