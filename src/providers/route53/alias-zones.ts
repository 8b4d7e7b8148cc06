// An alias must name the hosted zone its target lives in. For Amazon's own endpoints these are fixed, and documented per region.

const CLOUDFRONT_ZONE = 'Z2FDTNDATAQYW2'

interface LoadBalancerZones {
  /** `name.<region>.elb.amazonaws.com`: application and classic load balancers. */
  readonly application: string
  /** `name.elb.<region>.amazonaws.com` */
  readonly network: string
}

const LOAD_BALANCERS: Readonly<Record<string, LoadBalancerZones>> = {
  'ap-northeast-1': { application: 'Z14GRHDCWA56QT', network: 'Z31USIVHYNEOWT' },
  'ap-northeast-2': { application: 'ZWKZPGTI48KDX', network: 'ZIBE1TIR4HY56' },
  'ap-northeast-3': { application: 'Z5LXEXXYW11ES', network: 'Z1GWIQ4HH19I5X' },
  'ap-south-1': { application: 'ZP97RAFLXTNZK', network: 'ZVDDRBQ08TROA' },
  'ap-southeast-1': { application: 'Z1LMS91P8CMLE5', network: 'ZKVM4W9LS7TM' },
  'ap-southeast-2': { application: 'Z1GM3OXH4ZPM65', network: 'ZCT6FZBF4DROD' },
  'ca-central-1': { application: 'ZQSVJUPU6J1EY', network: 'Z2EPGBW3API2WT' },
  'cn-north-1': { application: 'Z3BX2TMKNYI13Y', network: 'Z3QFB96KMJ7ED6' },
  'cn-northwest-1': { application: 'Z3BX2TMKNYI13Y', network: 'ZQEIKTCZ8352D' },
  'eu-central-1': { application: 'Z215JYRZR1TBD5', network: 'Z3F0SRJ5LGBH90' },
  'eu-north-1': { application: 'Z23TAZ6LKFMNIO', network: 'Z1UDT6IFJ4EJM' },
  'eu-west-1': { application: 'Z32O12XQLNTSW2', network: 'Z2IFOLAFXWLO4F' },
  'eu-west-2': { application: 'ZHURV8PSTC4K8', network: 'ZD4D7Y8KGAS4G' },
  'eu-west-3': { application: 'Z3Q77PNBQS71R4', network: 'Z1CMS0P5QUZ6D5' },
  'sa-east-1': { application: 'Z2P70J7HTTTPLU', network: 'ZTK26PT1VY4CU' },
  'us-east-1': { application: 'Z35SXDOTRQ7X7K', network: 'Z26RNL4JYFTOTI' },
  'us-east-2': { application: 'Z3AADJGX6KTTL2', network: 'ZLMOA37VPKANP' },
  'us-west-1': { application: 'Z368ELLRRE2KJ0', network: 'Z24FKFUX50B4VW' },
  'us-west-2': { application: 'Z1H1FL5HABSF5', network: 'Z18D5FSROUN65G' },
}

/** The hosted zone of an Amazon endpoint; undefined for any other name, and for regions that are not in the table. */
export function amazonZoneOf(target: string): string | undefined {
  if (target.endsWith('.cloudfront.net')) return CLOUDFRONT_ZONE
  const [, application, network] =
    /\.(?:([a-z0-9-]+)\.elb|elb\.([a-z0-9-]+))\.amazonaws\.com(?:\.cn)?$/.exec(target) ?? []
  const region = application ?? network ?? ''
  const zones = Object.hasOwn(LOAD_BALANCERS, region) ? LOAD_BALANCERS[region] : undefined
  return application === undefined ? zones?.network : zones?.application
}
