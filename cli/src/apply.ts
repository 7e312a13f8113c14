import { defineAskingCommand } from './asking-command.ts'
import { exitCodes, Failure } from './command.ts'
import { finish } from './fleet/finish.ts'
import { placeIn, planFolder, textsOf, withPlaces } from './fleet/plan-folder.ts'
import { sendLines } from './fleet/send-lines.ts'
import { stopOnInterrupt } from './fleet/stop-on-interrupt.ts'
import { summaryText } from './fleet/summary-text.ts'
import { confirm, yesOptions } from './output/confirm.ts'
import { openProgress } from './output/progress.ts'

export const command = defineAskingCommand({
  summary: 'Bring the fleet to what a folder of fleet files says: plan, ask, do.',
  details: `The second time there is nothing to do. Nothing is removed: what the folder does not name stays as it is. Where
something would be refused, nothing is done.`,
  takes: ['folder'],
  timeoutSeconds: 300,
  options: yesOptions,
  examples: ['parasol apply fleet/', 'parasol apply fleet/ --yes'],
  run: async ({ folder, yes }, session) => {
    const { client, print } = session
    const { lines, summary: plan, isNothingToDo } = await planFolder(session, folder)
    const place = placeIn(lines)
    if (isNothingToDo) {
      print.document(withPlaces(plan, lines), () => `Nothing to do: all is as ${folder} says.`)
      return exitCodes.done
    }
    print.note(summaryText(plan, place))
    if (plan.refused > 0) throw new Failure('Nothing was done, because of what is refused above.')
    if (!yes) await confirm('Shall this be done?')
    const progress = openProgress(lines.length, print.isJson)
    const { isStopped } = stopOnInterrupt()
    const sent = await sendLines(client, textsOf(lines), {
      dryRun: false,
      isStopped,
      onSent: (so) => progress.show(so.lines, `${so.lines} of ${lines.length} lines`),
    }).finally(progress.end)
    print.document(withPlaces(sent.summary, lines), () => summaryText(sent.summary, place))
    return finish(sent, 'the same command goes on where this ended')
  },
})
