import { useEffect, useRef } from 'react'
import type { Current } from './current.ts'
import type { Curve } from './curve.ts'
import { Drops } from './drops.ts'
import styles from './current-canvas.module.css'

export interface Channel {
  readonly id: string
  readonly curve: Curve
  readonly current: Current
  readonly dimmed: boolean
}

export interface CurrentCanvasProps {
  readonly width: number
  readonly height: number
  readonly channels: readonly Channel[]
}

const DROP_LENGTH = 5

/** The moving water: drops that travel the edges. It is decoration over figures that stand beside it. */
export function CurrentCanvas({ width, height, channels }: CurrentCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const latest = useRef(channels)
  useEffect(() => {
    latest.current = channels
  }, [channels])
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (context === null || context === undefined || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const scale = Math.min(2, devicePixelRatio)
    context.canvas.width = Math.ceil(width * scale)
    context.canvas.height = Math.ceil(height * scale)
    const drops = new Map<string, Drops>()
    let beforeMs = performance.now()
    let frame = 0
    const draw = (nowMs: number): void => {
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, width, height)
      context.strokeStyle = getComputedStyle(context.canvas).color
      context.lineWidth = 3
      context.lineCap = 'round'
      for (const channel of latest.current) {
        const own = drops.get(channel.id) ?? new Drops()
        drops.set(channel.id, own)
        own.step(nowMs - beforeMs, channel.current.perSecond, channel.curve.length, Math.random)
        if (channel.current.state !== 'broken') drawDrops(context, channel, own.places)
      }
      beforeMs = nowMs
      frame = requestAnimationFrame(draw)
    }
    frame = requestAnimationFrame(draw)
    return () => cancelAnimationFrame(frame)
  }, [width, height])
  return <canvas ref={canvas} className={styles['canvas']} style={{ width, height }} aria-hidden="true" />
}

function drawDrops(context: CanvasRenderingContext2D, { curve, dimmed }: Channel, places: readonly number[]): void {
  const size = DROP_LENGTH / Math.max(1, curve.length)
  for (const place of places) {
    const from = curve.at(Math.max(0, place - size))
    const to = curve.at(place)
    // Drops rise out of one box and sink into the other.
    context.globalAlpha = Math.min(1, place * 8, (1 - place) * 8) * (dimmed ? 0.2 : 0.9)
    context.beginPath()
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    context.stroke()
  }
  context.globalAlpha = 1
}
