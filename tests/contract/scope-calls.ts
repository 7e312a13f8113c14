import type { operations } from '../../contract/operations/operations.ts'

type Operations = typeof operations
type WithPath<Part extends string> = {
  [Id in keyof Operations]: Operations[Id]['path'] extends `/manage/v1${string}${Part}${string}` ? Id : never
}[keyof Operations]
type Asking = Extract<keyof Operations, `ask${string}`>
type AskingOfApp = Exclude<Asking, `askFleet${string}`>

export interface Ask {
  query?: string
  body?: object
  /** What else the path names. */
  version?: string
  revision?: 'live'
}

/** For every operation on an app: what makes it more than a malformed request. A new one has to be added here. */
export const onApps: Record<WithPath<'{appId}'> | AskingOfApp, Ask> = {
  askUsage: {},
  askAdoption: {},
  askErrors: {},
  askLatency: {},
  askDevices: {},
  askCache: {},
  askTop: {},
  askStuck: {},
  askEvents: {},
  readApp: {},
  listChannels: {},
  listVersions: {},
  readVersion: { version: '1.0.0' },
  diffVersions: { version: '1.0.0' },
  readEffective: {},
  previewConfig: { body: { context: {} } },
  readSchema: {},
  listReleases: {},
  readRelease: { revision: 'live' },
  changeApp: { body: { name: 'Mine now' } },
  saveVersion: { body: { bump: 'auto', data: { stolen: true } } },
  setSchema: { body: { schema: { type: 'object' } } },
  removeSchema: {},
  proposeRelease: { body: { release: { configVersion: '1.0.0' } } },
  publishRelease: { body: { configVersion: '1.0.0' } },
  scheduleRelease: { body: { at: '2100-01-01T00:00:00Z', release: { configVersion: '1.0.0' } } },
  cloneApp: { body: { appId: 'a-copy' } },
  readEventLimits: {},
  setEventLimits: { body: { eventNames: 10 } },
  archiveApp: {},
}

/** For every operation on something that belongs to an app: what of it, and a body. */
export const onThings: Record<
  WithPath<'{rolloutId}' | '{scheduleId}' | '{proposalId}' | '{freezeId}' | '{fleetReleaseId}'>,
  Ask
> = {
  readRollout: {},
  readRolloutGuards: {},
  pauseRollout: { body: {} },
  resumeRollout: { body: {} },
  promoteRollout: { body: {} },
  abortRollout: { body: {} },
  signalRollout: { body: { source: 'x', decision: 'hold' } },
  cancelSchedule: {},
  readProposal: {},
  approveProposal: { body: {} },
  rejectProposal: { body: {} },
  commentOnProposal: { body: { comment: 'x' } },
  liftFreeze: {},
  readFleetRelease: {},
  rollBackFleetRelease: { body: {} },
}

/** Every list, and how it is asked so that it would show what there is of both apps. */
export const lists: Record<string, string> = {
  listApps: '?limit=200',
  listRollouts: '?limit=200',
  listSchedules: '?limit=200',
  listProposals: '?limit=200',
  listFreezes: '?limit=200',
  listFleetReleases: '?limit=200',
  listAudit: '?limit=50',
  listKeys: '?limit=200',
  listDeprecations: '?limit=200',
  whereUsed: '?limit=200&pointer=/on',
  exportFleet: '',
}

/** Operations on no app, no thing of an app and no list: what they may do is tested where they are. */
export const others = [
  'createApp',
  'createKey',
  'rotateKey',
  'revokeKey',
  'freezeReleases',
  'verifyAudit',
  'purgeCaches',
  'listPurges',
  'releaseFleet',
  'createLimit',
  'listLimits',
  'readLimit',
  'changeLimit',
  'removeLimit',
  'importFleet',
  'askFleetUsage',
  'askFleetAdoption',
  'askFleetErrors',
  'askFleetLatency',
  'askFleetDevices',
  'askFleetCache',
  'askFleetTop',
  'askFleetStuck',
  'askFleetEvents',
  'listAppUsage',
  'listKeyUsage',
  'readAnalyticsStorage',
  'listAlerts',
  'listAlertDeliveries',
  'createAlertSilence',
  'listAlertSilences',
  'endAlertSilence',
  'createAlertRule',
  'listAlertRules',
  'readAlertRule',
  'changeAlertRule',
  'removeAlertRule',
  'createAlertChannel',
  'listAlertChannels',
  'readAlertChannel',
  'changeAlertChannel',
  'removeAlertChannel',
  'renewAlertChannelSecret',
  'testAlertChannel',
]
