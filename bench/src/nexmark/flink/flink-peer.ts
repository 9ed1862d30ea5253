/** One query on Flink SQL, in a JVM of its own that is warm when the clock starts. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildMavenProject, type MavenProject } from '../../jvm/maven-project.ts'
import type { Refused, Result } from '../measure.ts'

/** Room enough that the heap is no limit; the collector is the one for throughput. */
const JVM = ['-Xmx4g', '-XX:+UseParallelGC', '-Dlog4j2.disable.jmx=true']
/** What Flink's own start scripts open for it. */
const OPENED = ['java.util', 'java.lang', 'java.util.concurrent', 'java.net', 'java.time'].map(
  (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
)

export interface FlinkOrder {
  /** A query's name, or `source`: every column of every bid, straight to the sink. */
  readonly query: string
  readonly file: string
  readonly parallelism: number
  readonly warmUpSeconds: number
  readonly rounds: number
  /** See `runChild`. */
  readonly before: readonly string[]
}

interface JobsOfRound {
  readonly seconds: number
  readonly cpuSeconds: number
}

interface Summed extends Result {
  readonly peakBytes: number
}

export interface FlinkMeasured extends Summed, JobsOfRound {}

type Answer = Refused | (Summed & { readonly runs: readonly JobsOfRound[] })

export class FlinkPeer {
  readonly #project: MavenProject
  readonly #folder: string

  private constructor(project: MavenProject, folder: string) {
    this.#project = project
    this.#folder = folder
  }

  static async build(folder: string, note: (line: string) => void): Promise<FlinkPeer> {
    const logs = join(folder, 'flink')
    mkdirSync(logs)
    return new FlinkPeer(await buildMavenProject({ peer: 'flink', folder, note }), logs)
  }

  /** As its build names it. */
  get version(): string {
    return /<version.flink>(.*)</.exec(readFileSync(join(this.#project.sources, 'pom.xml'), 'utf8'))?.[1] ?? ''
  }

  /** The round that needed the least processor time: others share the machine. */
  async measure({ query, before, ...order }: FlinkOrder): Promise<FlinkMeasured | Refused> {
    const { sources, classPath } = this.#project
    const settings = {
      ...order,
      settings: join(sources, 'settings.yaml'),
      tables: join(sources, 'tables.sql'),
      query: join(sources, 'queries', `${query}.sql`),
      folder: this.#folder,
    }
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    const answer = await lastLine([...before, 'java', ...JVM, ...OPENED, '-cp', classPath, 'bench.FlinkPeer', ...words])
    if ('refused' in answer) return answer
    const { runs, ...measured } = answer
    const [best] = runs.toSorted((one, other) => one.cpuSeconds - other.cpuSeconds)
    if (best === undefined) throw new Error(`Flink measured nothing of ${query}.`)
    return { ...measured, ...best }
  }
}

function lastLine([program = '', ...words]: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    let answer: Answer | null = null
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) answer = JSON.parse(line) as Answer
    })
    child.once('error', reject)
    child.once('close', (code) =>
      answer === null ? reject(new Error(`Flink ended with ${code} and no result: ${words.at(-3)}`)) : resolve(answer),
    )
  })
}
