// How Route 53 chooses between the sets of a name, in its words and in ours.
import type { GeoLocation as StoredGeoLocation, ResourceRecordSet } from '@aws-sdk/client-route-53'
import type { GeoLocation, Routing } from '../../model/record-set.ts'

type RoutingFields = Pick<ResourceRecordSet, 'SetIdentifier' | 'Weight' | 'Region' | 'GeoLocation'>

const EVERYWHERE = '*'

export function parseRouting(stored: ResourceRecordSet): Routing | undefined {
  if (stored.Weight !== undefined) return { policy: 'Weighted', weight: stored.Weight }
  if (stored.Region !== undefined) return { policy: 'Latency', region: stored.Region }
  const location = stored.GeoLocation && parseLocation(stored.GeoLocation)
  return location && { policy: 'Geo', location }
}

export function formatRouting(setId: string, routing: Routing | undefined): RoutingFields {
  if (setId === '') return {}
  switch (routing?.policy) {
    case undefined:
      return { SetIdentifier: setId }
    case 'Weighted':
      return { SetIdentifier: setId, Weight: routing.weight }
    case 'Latency':
      // The SDK lists the regions of its day; which ones there are is for Route 53 to say.
      return { SetIdentifier: setId, Region: routing.region as NonNullable<RoutingFields['Region']> }
    case 'Geo':
      return { SetIdentifier: setId, GeoLocation: formatLocation(routing.location) }
  }
}

function parseLocation({ ContinentCode, CountryCode, SubdivisionCode }: StoredGeoLocation): GeoLocation | undefined {
  if (ContinentCode !== undefined) return { kind: 'continent', code: ContinentCode }
  if (CountryCode === undefined) return undefined
  if (CountryCode === EVERYWHERE) return { kind: 'default' }
  if (SubdivisionCode !== undefined) return { kind: 'subdivision', code: `${CountryCode}-${SubdivisionCode}` }
  return { kind: 'country', code: CountryCode }
}

function formatLocation(location: GeoLocation): StoredGeoLocation {
  switch (location.kind) {
    case 'continent':
      return { ContinentCode: location.code }
    case 'country':
      return { CountryCode: location.code }
    case 'subdivision': {
      const [country = '', subdivision = ''] = location.code.split('-')
      return { CountryCode: country, SubdivisionCode: subdivision }
    }
    case 'default':
      return { CountryCode: EVERYWHERE }
  }
}
