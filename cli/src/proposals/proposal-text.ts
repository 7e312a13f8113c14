import type { Proposal } from '../../../contract/review.ts'
import { releaseText } from '../config/release-input.ts'
import { fieldLines } from '../output/table.ts'
import { oneLine } from '../output/terminal-text.ts'

/** A proposal as lines of name and value, and what was said of it. */
export const proposalText = (proposal: Proposal): string => {
  const fields = fieldLines([
    ['proposal', proposal.proposalId],
    ['app', proposal.appId],
    ['release', releaseText(proposal.release)],
    ['goes live', `${proposal.configVersion} on ${proposal.channel}`],
    ['live when proposed', proposal.liveWhenProposed],
    ['live now', proposal.liveNow],
    ['reason', proposal.release.reason],
    ['state', proposal.state],
    ['revision', proposal.revision],
    ['proposed', `${proposal.createdAt} by ${proposal.actor}`],
    ['decided', proposal.decidedAt && `${proposal.decidedAt} by ${proposal.decidedBy}`],
  ])
  const said = proposal.comments.map(
    ({ actor, text, createdAt }) => `${createdAt} ${oneLine(actor)}: ${oneLine(text)}`,
  )
  return said.length === 0 ? fields : `${fields}\n\n${said.join('\n')}`
}
