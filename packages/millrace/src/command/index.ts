import type { CommandEntry } from '../cli/command.ts'

/** In the order in which a newcomer meets them. Each is loaded when it is run: some bring a whole engine. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'see it move: a real Postgres, a busy shop, a live model, signed webhooks, proofs and the console',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'init',
    summary: 'make a project of your own',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'import',
    summary: 'move a tree of views out of a database: read its catalog, translate it, write a project',
    load: async () => (await import('./import.ts')).importTree,
  },
  {
    name: 'dev',
    summary: 'run the project while you write it; an edit takes effect at once',
    load: async () => (await import('./dev.ts')).dev,
  },
  {
    name: 'start',
    summary: 'run the project: capture, models, deliveries and the console',
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'check',
    summary: 'check the configuration, the sources and every model, and change nothing',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'plan',
    summary: 'tell what an edit of the models will fill or compute anew, why, and how long it takes',
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'ls',
    summary: 'list the models that a selection means',
    load: async () => (await import('./ls.ts')).ls,
  },
  {
    name: 'explain',
    summary: 'tell what a model reads, who reads it, and what each of its columns is made of',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'run',
    summary: 'compute the batch models that changed, and publish them as a whole',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'apply',
    summary: 'tell the plan and do it, or promote one environment to another',
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'runs',
    summary: 'list runs: when, how long, what failed',
    load: async () => (await import('./runs.ts')).runs,
  },
  {
    name: 'schedules',
    summary: 'list schedules: when each is due, what came of it last, and whether it will meet its deadline',
    load: async () => (await import('./schedules.ts')).schedules,
  },
  {
    name: 'versions',
    summary: 'list the versions of a model, or the publications of an environment',
    load: async () => (await import('./versions.ts')).versions,
  },
  {
    name: 'rollback',
    summary: 'show an earlier publication of an environment again',
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'status',
    summary: 'tell whether the data can be trusted now, and why',
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'query',
    summary: 'run SQL over streams and live models, at one position',
    load: async () => (await import('./query.ts')).query,
  },
  {
    name: 'tail',
    summary: 'follow a stream or a model, its past first',
    load: async () => (await import('./tail.ts')).tail,
  },
  {
    name: 'get',
    summary: 'look up a row of a live model by its key',
    load: async () => (await import('./get.ts')).get,
  },
  {
    name: 'subscribe',
    summary: 'follow a live model: its rows as they are, then every change',
    load: async () => (await import('./subscribe.ts')).subscribe,
  },
  {
    name: 'prove',
    summary: 'compare a live model with the same SQL in batch, at one position',
    load: async () => (await import('./prove.ts')).prove,
  },
  {
    name: 'deliveries',
    summary: 'what was told to whom: events, their attempts, and sending again',
    load: async () => (await import('./deliveries.ts')).deliveries,
  },
  {
    name: 'parked',
    summary: 'what a source could not take: why, and mending and replaying it',
    load: async () => (await import('./parked.ts')).parked,
  },
  {
    name: 'backfill',
    summary: 'read the rows of a table anew, all or some, while it is followed',
    load: async () => (await import('./backfill.ts')).backfill,
  },
  {
    name: 'skew',
    summary: 'see which keys would overload a shard, and which key or salt is better',
    load: async () => (await import('./skew.ts')).skew,
  },
  {
    name: 'advise',
    summary: 'measure which layout would serve the readers of models better; find missing, unused and bloated indexes of a source',
    load: async () => (await import('./advise.ts')).advise,
  },
  {
    name: 'backup',
    summary: 'copy the store into one file, consistently, while it runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'prove a backup and put it in the place of the store',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    name: 'doctor',
    summary: 'examine the ground: sources, store, disk, port; print what mends it',
    load: async () => (await import('./doctor.ts')).doctor,
  },
]
