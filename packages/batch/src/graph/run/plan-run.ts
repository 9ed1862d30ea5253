/**
 * What a run has to do. A version's key is made of what its model means and of the keys of all that it
 * reads, down to the position of each stream: where a version of that key is there already, in whatever
 * environment it was made, nothing is computed.
 */
import type { CheckedGraph, CheckedModel, GraphColumn } from '../check/checked-graph.ts'
import { hashOf } from '../check/checked-graph.ts'
import { momentParts } from '../check/moment.ts'
import { isLaidBy, keyInLayout, layoutOf, rowsKeyOf } from '../model/layout.ts'
import type { IntervalWindow } from '../model/interval-window.ts'
import type { Spent } from '../catalog/step-record.ts'
import type { Version, VersionHistory } from '../catalog/version.ts'
import { estimateRows, estimateSeconds } from '../forecast/estimate.ts'

/** A seed or a stream, whose rows are brought into a version before any model runs. */
export interface Leaf {
  readonly name: string
  readonly columns: readonly GraphColumn[]
  /** Of equal contents the rows are equal. */
  readonly content: string
  /** Of a stream, how many changes it has: with them its rows grow. */
  readonly changes?: number
  /** Of a table of a server: its engine and how many rows it has. */
  readonly server?: ServerLeaf
}

export interface ServerLeaf {
  readonly engine: string
  readonly rows: number
}

export type StepAction = 'same' | 'reuse' | 'run' | 'kept'

/** Which intervals have other rows is known only when the run has read them. */
export interface IntervalsPlan {
  /** How many of the version before still mean the same: of these, those are computed whose rows changed. */
  readonly known: number
}

export interface Step {
  /** The folded name. */
  readonly name: string
  readonly key: string
  /** Null for a leaf. */
  readonly model: CheckedModel | null
  /** Of a leaf that is a table of a server. */
  readonly server: ServerLeaf | null
  readonly columns: readonly GraphColumn[]
  readonly action: StepAction
  readonly why: string | null
  /** What is there already; null where the step has to make it. */
  readonly version: Version | null
  /** The version that the rows of this one are merged into or laid anew from, and whose intervals it keeps; null where there is none. */
  readonly before: Version | null
  /** Of a model that is kept by intervals and is to be made. */
  readonly intervals: IntervalsPlan | null
  /** Of a step that has to make something, the seconds that it will take by what it took before; null where it never ran. */
  readonly estimate: number | null
  /** How many rows it reads, of a stream how many changes, as far as that is known. */
  readonly rowsRead: number
  /** How many rows it has or will have, as far as that is known. */
  readonly rowsExpected: number
}

export interface RunPlan {
  /** In an order in which each comes after what it reads. */
  readonly steps: ReadonlyMap<string, Step>
  /** Models that the environment shows and the project no longer has. */
  readonly gone: readonly string[]
}

export interface PlanRequest {
  readonly graph: CheckedGraph
  readonly leaves: ReadonlyMap<string, Leaf>
  /** Folded names of the models that are meant; what they read and the environment does not have is run too. */
  readonly selected: ReadonlySet<string>
  readonly published: ReadonlyMap<string, Version>
  /** The only intervals that are computed; null for all. */
  readonly window: IntervalWindow | null
  readonly history: VersionHistory
  /** By engine, which server it is now: on another one nothing is computed yet. */
  readonly servers: ReadonlyMap<string, string>
  /** When the run began, or the killed one that it goes on with: the time that models are told. */
  readonly atMs: number
}

export function planRun(request: PlanRequest): RunPlan {
  const { graph, published, selected } = request
  const wanted = withWhatIsMissing(request)
  const steps = new Map<string, Step>()
  for (const [name, checked] of graph.models) {
    const shown = published.get(name)
    if (!wanted.has(name)) {
      if (shown !== undefined) steps.set(name, keptStep(name, checked, shown))
      continue
    }
    for (const input of checked.inputs) if (!steps.has(input)) steps.set(input, leafStep(request, input))
    const inputs = checked.inputs.map((input) => steps.get(input) as Step)
    const { engine } = checked.model.settings
    const place = engine === null ? [] : [engine, request.servers.get(engine) ?? '']
    const moment = momentParts(checked.asked, request.atMs)
    const base = hashOf(checked.meaning, ...place, ...moment, ...inputs.flatMap((input) => [input.name, rowsKeyOf(input.key)]))
    const { key, before } = keyOf(request, { name, base, checked, shown })
    const why = whyOf({ name, base, checked, shown }, inputs)
    const rowsRead = inputs.reduce((rows, input) => rows + input.rowsExpected, 0)
    const made = { name, key, before, model: checked, server: null, columns: checked.columns, shown, why, rowsRead }
    steps.set(name, stepOf(request, made))
  }
  const gone =
    selected.size < graph.models.size ? [] : [...published.keys()].filter((name) => !graph.models.has(name) && !request.leaves.has(name))
  return { steps, gone }
}

/** A view on a server reads its tables as they are, so that whoever reads it needs it as of now. */
export function withWhatIsMissing({
  graph,
  selected,
  published,
}: Pick<PlanRequest, 'graph' | 'selected' | 'published'>): ReadonlySet<string> {
  if (selected.size === graph.models.size) return selected
  const isNeeded = (name: string): boolean => {
    const settings = graph.models.get(name)?.model.settings
    return settings !== undefined && (!published.has(name) || (settings.engine !== null && settings.materialize === 'view'))
  }
  const wanted = new Set(selected)
  for (const [name, { inputs }] of [...graph.models].toReversed()) {
    if (wanted.has(name)) for (const input of inputs) if (isNeeded(input)) wanted.add(input)
  }
  return wanted
}

function keptStep(name: string, model: CheckedModel, version: Version): Step {
  return {
    name,
    key: version.key,
    model,
    server: null,
    columns: version.columns,
    action: 'kept',
    why: null,
    version,
    before: null,
    intervals: null,
    estimate: null,
    rowsRead: 0,
    rowsExpected: version.rows,
  }
}

interface Based {
  readonly name: string
  /** Of equal bases what the SQL yields is equal. */
  readonly base: string
  readonly checked: CheckedModel
  readonly shown: Version | undefined
}

/**
 * The key of most models is their base, in their layout; where just that changed, the rows are taken from the version before. The rows of one that is merged depend on the version before too, so its
 * key is `base+hash`, and as long as the base is the same there is nothing to merge. A history goes on when
 * its SQL is edited; rows by key are computed anew, as the SQL yields them all.
 */
function keyOf({ window, history }: PlanRequest, { name, base, checked, shown }: Based): { key: string; before: Version | null } {
  const { materialize, interval } = checked.model.settings
  const layout = layoutOf(checked.model.settings)
  if (interval !== null) {
    const key = window === null ? base : hashOf(base, window.from ?? '', window.to ?? '', shown?.key ?? '')
    return { key: keyInLayout(key, layout), before: shown ?? null }
  }
  if (materialize !== 'incremental' && materialize !== 'snapshot') {
    const key = keyInLayout(base, layout)
    const isLaidAnew = shown !== undefined && shown.key !== key && shown.content.kind === 'files' && isBasedOn(shown, base)
    return { key, before: isLaidAnew ? shown : null }
  }
  const merged = (before: Version): { key: string; before: Version } => ({
    key: keyInLayout(`${base}+${hashOf(before.key)}`, layout),
    before,
  })
  const asItIs = (version: Version): { key: string; before: Version | null } =>
    isLaidBy(version.key, layout) ? { key: version.key, before: null } : merged(version)
  if (shown !== undefined && isBasedOn(shown, base)) return asItIs(shown)
  const goesOn = shown !== undefined && (materialize === 'snapshot' || shown.fingerprint === checked.meaning)
  if (goesOn) return merged(shown)
  const known = history.newest(name, base)
  return known === null ? { key: keyInLayout(base, layout), before: null } : asItIs(known)
}

/** Whether there is nothing to compute or to merge: the SQL yields what it yielded for the version. */
function isBasedOn({ key }: Version, base: string): boolean {
  const rowsKey = rowsKeyOf(key)
  return rowsKey === base || rowsKey.startsWith(`${base}+`)
}

function leafStep(request: PlanRequest, name: string): Step {
  const { content = '', columns = [], server = null, changes = server?.rows ?? 0 } = request.leaves.get(name) ?? {}
  const key = hashOf(name, content, ...columns.flatMap((column) => [column.name, column.type]))
  const shown = request.published.get(name)
  const why = shown === undefined ? 'new' : 'it has other rows'
  return stepOf(request, { name, key, before: null, model: null, server, columns, shown, why, rowsRead: changes })
}

interface Made extends Pick<Step, 'name' | 'key' | 'before' | 'model' | 'server' | 'columns' | 'why' | 'rowsRead'> {
  readonly shown: Version | undefined
}

function stepOf({ history }: PlanRequest, { shown, rowsRead, ...made }: Made): Step {
  const version = shown?.key === made.key ? shown : history.find(made.name, made.key)
  const action = version === null ? 'run' : version.id === shown?.id ? 'same' : 'reuse'
  const why = action === 'same' ? null : made.why
  return {
    ...made,
    why,
    action,
    rowsRead,
    version,
    intervals: intervalsOf(made, action),
    ...expectedOf({ version, rowsRead, spent: version === null ? history.spent(made.name) : [], model: made.model }),
  }
}

interface Expected {
  readonly version: Version | null
  readonly rowsRead: number
  readonly spent: readonly Spent[]
  readonly model: CheckedModel | null
}

/** A view has no rows of its own: whoever reads it reads what it reads. */
function expectedOf({ version, rowsRead, spent, model }: Expected): Pick<Step, 'estimate' | 'rowsExpected'> {
  const isView = model?.model.settings.materialize === 'view'
  if (version !== null) return { estimate: null, rowsExpected: isView ? rowsRead : version.rows }
  return { estimate: estimateSeconds(spent, rowsRead), rowsExpected: isView ? rowsRead : (estimateRows(spent, rowsRead) ?? rowsRead) }
}

function intervalsOf({ model, before }: Pick<Step, 'model' | 'before'>, action: StepAction): IntervalsPlan | null {
  if (model === null || model.model.settings.interval === null || action !== 'run') return null
  if (before === null || before.content.kind === 'view' || before.fingerprint !== model.meaning) return { known: 0 }
  return { known: before.content.intervals?.length ?? 0 }
}

function whyOf({ checked, shown, base }: Based, inputs: readonly Step[]): string {
  if (shown === undefined) return 'new'
  if (isBasedOn(shown, base)) return 'its layout is another'
  const changed = inputs.filter(({ action }) => action === 'run' || action === 'reuse').map(({ name }) => name)
  if (checked.meaning !== shown.fingerprint) return 'its SQL means something else'
  if (changed.length > 0) return `what it reads has changed: ${listed(changed)}`
  if (checked.asked !== null) return checked.asked === 'day' ? 'it asks for the day' : 'it asks for the time'
  return 'what it reads is another version'
}

function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}
