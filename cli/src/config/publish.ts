import type { PublishReleaseInput, ReleaseMade } from '../../../contract/release.ts'
import type { Session } from '../asking-command.ts'
import { onceKey } from '../once.ts'
import { counted } from '../output/terminal-text.ts'

interface Given {
  appId: string
  'if-match': number | undefined
  'idempotency-key': string | undefined
}

const madeText = (release: ReleaseMade): string => {
  const { appId, configVersion, channel, revision, previousRevision, rolloutId, fanOut } = release
  const version = `${appId} ${configVersion}`
  const before = previousRevision === null ? '' : `, before ${previousRevision}`
  const line =
    rolloutId === null
      ? `${version} is live on ${channel} (revision ${revision}${before}).`
      : `${version} is on its way on ${channel} (revision ${revision}${before}): parasol rollouts show ${rolloutId}`
  if (!fanOut) return line
  return `${line}\nIt reaches ${counted(fanOut.apps, 'app')} on ${counted(fanOut.channels, 'channel')}.`
}

/** Makes a release, and tells what became of it. */
export const publish = async (
  { client, print }: Session,
  given: Given,
  release: PublishReleaseInput,
): Promise<void> => {
  const made = await client.ask('POST /manage/v1/apps/{appId}/releases', {
    params: { appId: given.appId },
    body: release,
    ifMatch: given['if-match'],
    idempotencyKey: onceKey(given),
  })
  print.document(made, () => madeText(made))
}
