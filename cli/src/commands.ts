import type { Command } from './command.ts'

/** A command, loaded when it is asked for, so that none waits for the libraries of another. */
type Load = () => Promise<{ command: Command }>

/** Commands about one thing, as `parasol apps list`. */
export interface Group {
  summary: string
  commands: Commands
}

export type Commands = Readonly<Record<string, Load | Group>>

/** Everything `parasol` can do. */
export const commands: Commands = {
  serve: () => import('./serve.ts'),
  migrate: () => import('./migrate.ts'),
  settings: () => import('./settings.ts'),
  apps: {
    summary: 'Apps and templates.',
    commands: {
      list: () => import('./apps/list.ts'),
      show: () => import('./apps/show.ts'),
      channels: () => import('./apps/channels.ts'),
      create: () => import('./apps/create.ts'),
      change: () => import('./apps/change.ts'),
      extend: () => import('./apps/extend.ts'),
      clone: () => import('./apps/clone.ts'),
      archive: () => import('./apps/archive.ts'),
      restore: () => import('./apps/restore.ts'),
    },
  },
  config: {
    summary: 'Config versions, releases and schemas of an app.',
    commands: {
      save: () => import('./config/save.ts'),
      list: () => import('./config/list.ts'),
      show: () => import('./config/show.ts'),
      diff: () => import('./config/diff.ts'),
      effective: () => import('./config/effective.ts'),
      preview: () => import('./config/preview.ts'),
      release: () => import('./config/release.ts'),
      rollback: () => import('./config/rollback.ts'),
      promote: () => import('./config/promote.ts'),
      history: () => import('./config/history.ts'),
      changed: () => import('./config/changed.ts'),
      schema: {
        summary: 'The schema that the config of an app has to fit.',
        commands: {
          show: () => import('./config/schema/show.ts'),
          set: () => import('./config/schema/set.ts'),
          remove: () => import('./config/schema/remove.ts'),
        },
      },
    },
  },
  rollouts: {
    summary: 'Releases that reach devices in stages.',
    commands: {
      list: () => import('./rollouts/list.ts'),
      show: () => import('./rollouts/show.ts'),
      guards: () => import('./rollouts/guards.ts'),
      pause: () => import('./rollouts/pause.ts'),
      resume: () => import('./rollouts/resume.ts'),
      promote: () => import('./rollouts/promote.ts'),
      abort: () => import('./rollouts/abort.ts'),
      signal: () => import('./rollouts/signal.ts'),
    },
  },
  schedules: {
    summary: 'Releases at a time.',
    commands: {
      create: () => import('./schedules/create.ts'),
      list: () => import('./schedules/list.ts'),
      cancel: () => import('./schedules/cancel.ts'),
    },
  },
  proposals: {
    summary: "Releases that need another person's approval.",
    commands: {
      list: () => import('./proposals/list.ts'),
      show: () => import('./proposals/show.ts'),
      propose: () => import('./proposals/propose.ts'),
      approve: () => import('./proposals/approve.ts'),
      reject: () => import('./proposals/reject.ts'),
      comment: () => import('./proposals/comment.ts'),
    },
  },
  freeze: () => import('./freezes/freeze.ts'),
  freezes: {
    summary: 'What refuses releases until a time.',
    commands: {
      list: () => import('./freezes/list.ts'),
      lift: () => import('./freezes/lift.ts'),
    },
  },
  fleet: {
    summary: 'Releases over many apps at once.',
    commands: {
      release: () => import('./fleet/release.ts'),
      rollback: () => import('./fleet/rollback.ts'),
      list: () => import('./fleet/list.ts'),
      show: () => import('./fleet/show.ts'),
    },
  },
  'where-used': () => import('./where-used.ts'),
  deprecations: () => import('./deprecations.ts'),
  plan: () => import('./plan.ts'),
  apply: () => import('./apply.ts'),
  export: () => import('./export.ts'),
  import: () => import('./import.ts'),
  keys: {
    summary: 'Keys of people, pipelines and apps.',
    commands: {
      create: () => import('./keys/create.ts'),
      list: () => import('./keys/list.ts'),
      rotate: () => import('./keys/rotate.ts'),
      revoke: () => import('./keys/revoke.ts'),
    },
  },
  limits: {
    summary: 'Rate limits, and exceptions to them.',
    commands: {
      list: () => import('./limits/list.ts'),
      set: () => import('./limits/set.ts'),
      remove: () => import('./limits/remove.ts'),
    },
  },
  alerts: {
    summary: 'What is wrong, what is watched, and who is told.',
    commands: {
      list: () => import('./alerts/list.ts'),
      deliveries: () => import('./alerts/deliveries.ts'),
      rules: {
        summary: 'What is watched.',
        commands: {
          list: () => import('./alerts/rules/list.ts'),
          show: () => import('./alerts/rules/show.ts'),
          set: () => import('./alerts/rules/set.ts'),
          remove: () => import('./alerts/rules/remove.ts'),
        },
      },
      channels: {
        summary: 'Who is told.',
        commands: {
          list: () => import('./alerts/channels/list.ts'),
          set: () => import('./alerts/channels/set.ts'),
          test: () => import('./alerts/channels/test.ts'),
          'renew-secret': () => import('./alerts/channels/renew-secret.ts'),
          remove: () => import('./alerts/channels/remove.ts'),
        },
      },
      silences: {
        summary: 'When nobody is told.',
        commands: {
          create: () => import('./alerts/silences/create.ts'),
          list: () => import('./alerts/silences/list.ts'),
          end: () => import('./alerts/silences/end.ts'),
        },
      },
    },
  },
  purge: () => import('./purges/purge.ts'),
  purges: {
    summary: 'What CDNs were told to forget.',
    commands: { list: () => import('./purges/list.ts') },
  },
  audit: {
    summary: 'Who changed what.',
    commands: {
      list: () => import('./audit/list.ts'),
      verify: () => import('./audit/verify.ts'),
    },
  },
  simulate: () => import('./simulate/simulate.ts'),
}
